#pragma once
#include <string>
#include <string_view>

namespace tributary::simulator {

// The bytes of the sample documents: invented people, invented care.

/// A small C-CDA discharge summary of Bob Smith.
std::string discharge_summary_xml();
/// The same consultation note in two formats.
std::string consultation_note_html();
std::string consultation_note_rtf();
std::string lab_report_html();
/// One page of text as PDF.
std::string radiology_report_pdf();
/// A plain-text note: a heading and a line.
std::string note_text(std::string_view heading, std::string_view date, std::string_view line);

}  // namespace tributary::simulator
