#include "examples/partner-simulator/sample_contents.hpp"

#include "examples/partner-simulator/generator/contents.hpp"

namespace tributary::simulator {

std::string discharge_summary_xml() {
    return R"(<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
  <realmCode code="US"/>
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <templateId root="2.16.840.1.113883.10.20.22.1.8" extension="2015-08-01"/>
  <id root="2.999.7.1.4711"/>
  <code code="18842-5" codeSystem="2.16.840.1.113883.6.1" displayName="Discharge summary"/>
  <title>Discharge summary</title>
  <effectiveTime value="20251102161500+0000"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
  <languageCode code="en-US"/>
  <recordTarget>
    <patientRole>
      <id root="2.999.9" extension="70102"/>
      <patient>
        <name><given>Bob</given><family>Smith</family></name>
        <administrativeGenderCode code="M" codeSystem="2.16.840.1.113883.5.1"/>
        <birthTime value="19700102"/>
      </patient>
    </patientRole>
  </recordTarget>
  <author>
    <time value="20251102161500+0000"/>
    <assignedAuthor><id root="2.999.7.1" extension="d17"/><assignedPerson><name>Ada Okafor</name></assignedPerson></assignedAuthor>
  </author>
  <custodian>
    <assignedCustodian><representedCustodianOrganization><id root="2.999.7.1"/><name>Riverside Health</name></representedCustodianOrganization></assignedCustodian>
  </custodian>
  <component>
    <structuredBody>
      <component>
        <section>
          <code code="8648-8" codeSystem="2.16.840.1.113883.6.1" displayName="Hospital course"/>
          <title>Hospital course</title>
          <text>Admitted with community acquired pneumonia, treated for four days, discharged home without fever.</text>
        </section>
      </component>
    </structuredBody>
  </component>
</ClinicalDocument>
)";
}

std::string consultation_note_html() {
    return R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Consultation note</title></head>
<body>
<h1>Consultation note</h1>
<p>Reason: cough that has lasted for two weeks.</p>
<p>Chest clear on both sides. <em>Plan:</em> inhaler twice a day, back in three weeks.</p>
</body></html>
)";
}

std::string consultation_note_rtf() {
    return R"({\rtf1\ansi\deff0{\fonttbl{\f0 Helvetica;}}
{\b Consultation note}\par
Reason: cough that has lasted for two weeks.\par
Chest clear on both sides. {\i Plan:} inhaler twice a day, back in three weeks.\par
}
)";
}

std::string lab_report_html() {
    return R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Laboratory report</title></head>
<body>
<h1>Laboratory report</h1>
<table>
<tr><th>Test</th><th>Result</th><th>Range</th></tr>
<tr><td>Haemoglobin</td><td>14.1 g/dL</td><td>13.5 &ndash; 17.5</td></tr>
<tr><td>C-reactive protein</td><td>48 mg/L</td><td>&lt; 5</td></tr>
</table>
</body></html>
)";
}

std::string radiology_report_pdf() { return to_pdf("Chest radiograph: infiltrate in the right lower lobe."); }

std::string note_text(std::string_view heading, std::string_view date, std::string_view line) {
    std::string text(heading);
    text.append("\n").append(heading.size(), '=');
    return text.append("\n").append(date).append("\n\n").append(line).append("\n");
}

}  // namespace tributary::simulator
