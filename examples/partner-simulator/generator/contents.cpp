#include "examples/partner-simulator/generator/contents.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"

namespace tributary::simulator {
namespace {

constexpr std::size_t kLinesOfPage = 50;

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::string escape_markup(std::string_view text) {
    std::string escaped(text);
    replace_all(escaped, "&", "&amp;");
    replace_all(escaped, "<", "&lt;");
    replace_all(escaped, ">", "&gt;");
    return escaped;
}

/// With a backslash before each of `special`, and without what is not ASCII.
std::string escape_plain(std::string_view text, std::string_view special) {
    std::string escaped;
    for (char const c : text) {
        if (special.find(c) != std::string_view::npos) escaped += '\\';
        escaped += static_cast<unsigned char>(c) < 0x80U ? c : '?';
    }
    return escaped;
}

std::string stream_of(std::vector<std::string_view> const& lines, std::size_t from) {
    std::string content = "BT /F1 10 Tf 50 790 Td 14 TL\n";
    for (std::size_t i = from; i < std::min(lines.size(), from + kLinesOfPage); ++i) {
        content += '(' + escape_plain(lines[i], "()\\") + ") Tj T*\n";
    }
    content += "ET";
    return "<< /Length " + std::to_string(content.size()) + " >>\nstream\n" + content + "\nendstream";
}

/// Catalog, pages, font, then a page and its stream in turns.
std::vector<std::string> pdf_objects(std::vector<std::string_view> const& lines) {
    auto const pages = std::max<std::size_t>(1, (lines.size() + kLinesOfPage - 1) / kLinesOfPage);
    std::string kids;
    for (std::size_t i = 0; i < pages; ++i) kids += std::to_string(4 + 2 * i) + " 0 R ";
    std::vector<std::string> objects = {
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [" + kids + "] /Count " + std::to_string(pages) + " >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    };
    for (std::size_t i = 0; i < pages; ++i) {
        objects.push_back(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents " + std::to_string(5 + 2 * i) +
            " 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
        );
        objects.push_back(stream_of(lines, i * kLinesOfPage));
    }
    return objects;
}

/// The first `id` element of a CDA is that of the document: its root becomes another one.
std::string with_other_cda_id(std::string text, std::string_view identity) {
    constexpr std::string_view kRoot = "root=\"";
    auto const element = text.find("<id ");
    auto const root = element == std::string::npos ? element : text.find(kRoot, element);
    if (root == std::string::npos) return text;
    auto const from = root + kRoot.size();
    return text.replace(from, text.find('"', from) - from, identity);
}

std::string with_other_bundle_id(std::string const& text, std::string_view identity) {
    auto bundle = fhir::json::read(text);
    if (!bundle) return text + '\n';
    bundle->set(
        "identifier",
        fhir::json::object({{"system", "urn:ietf:rfc:3986"}, {"value", "urn:oid:" + std::string(identity)}})
    );
    return fhir::json::write(*bundle);
}

}  // namespace

std::vector<Content> contents_at(Family family, std::vector<Content> const& native) {
    bool const note = native.size() == 1 && native.front().content_type == "text/plain";
    if (!note) return native;
    auto const& text = native.front().bytes.text();
    if (family == Family::epic)
        return {{"text/html", to_html("Note", text), ""}, {"text/rtf", to_rtf(text), ""}};
    if (family == Family::cerner) return {{"application/pdf", to_pdf(text), ""}};
    return native;
}

std::string to_html(std::string_view title, std::string_view text) {
    std::string html = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" +
                       escape_markup(title) + "</title></head>\n<body>\n";
    for (auto const line : lines_of(text)) {
        if (!line.empty()) html += "<p>" + escape_markup(line) + "</p>\n";
    }
    return html + "</body></html>\n";
}

std::string to_rtf(std::string_view text) {
    std::string rtf = "{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0 Helvetica;}}\n";
    for (auto const line : lines_of(text)) rtf += escape_plain(line, "{}\\") + "\\par\n";
    return rtf + "}\n";
}

std::string to_pdf(std::string_view text) {
    auto const objects = pdf_objects(lines_of(text));
    std::string pdf = "%PDF-1.4\n", table;
    for (std::size_t i = 0; i < objects.size(); ++i) {
        auto const offset = std::to_string(pdf.size());
        table += std::string(10 - offset.size(), '0') + offset + " 00000 n \n";
        pdf += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
    }
    auto const table_at = pdf.size(), count = objects.size() + 1;
    pdf += "xref\n0 " + std::to_string(count) + "\n0000000000 65535 f \n" + table;
    pdf += "trailer\n<< /Size " + std::to_string(count) + " /Root 1 0 R >>\nstartxref\n";
    return pdf + std::to_string(table_at) + "\n%%EOF\n";
}

std::optional<Bytes> re_serialised(Content const& content) {
    auto text = content.bytes.text();
    if (content.content_type == "application/fhir+json") {
        auto const bundle = fhir::json::read(text);
        if (!bundle) return std::nullopt;
        return Bytes(fhir::json::write(*bundle) + "\n\n");
    }
    if (content.content_type != "application/xml") return std::nullopt;
    if (text.find("\r\n") != std::string::npos) {
        replace_all(text, "\r\n", "\n");
    } else if (text.find('\n') != std::string::npos) {
        replace_all(text, "\n", "\r\n");
    } else {
        replace_all(text, "><", ">\n<");
    }
    return Bytes(std::move(text));
}

Bytes amended(Content const& content, std::string_view identity, std::string_view line) {
    auto const& text = content.bytes.text();
    if (content.content_type == "application/xml") return Bytes(with_other_cda_id(text, identity));
    if (content.content_type == "application/fhir+json") return Bytes(with_other_bundle_id(text, identity));
    return Bytes(text + '\n' + std::string(line) + '\n');
}

}  // namespace tributary::simulator
