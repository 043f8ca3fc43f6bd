#include "fhir/json/writer.hpp"

#include <variant>

namespace tributary::fhir::json {

namespace {

void write_string(std::string_view text, std::string& out) {
    constexpr char kHex[] = "0123456789abcdef";
    out += '"';
    for (char const c : text) {
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            case '\b':
                out += "\\b";
                break;
            case '\f':
                out += "\\f";
                break;
            default:
                if (auto const byte = static_cast<unsigned char>(c); byte < 0x20) {
                    out += "\\u00";
                    out += kHex[byte >> 4];
                    out += kHex[byte & 15];
                } else {
                    out += c;
                }
        }
    }
    out += '"';
}

class Writer {
public:
    explicit Writer(std::string& out) : out_(out) {}

    void operator()(std::monostate) { out_ += "null"; }
    void operator()(bool value) { out_ += value ? "true" : "false"; }
    void operator()(Number const& number) { out_ += number.text; }
    void operator()(Raw const& raw) { out_ += raw.text; }
    void operator()(std::string const& text) { write_string(text, out_); }
    void operator()(Value::Array const& items) {
        char separator = '[';
        for (auto const& item : items) {
            out_ += separator;
            write(item, out_);
            separator = ',';
        }
        out_ += items.empty() ? "[]" : "]";
    }
    void operator()(Value::Object const& members) {
        char separator = '{';
        for (auto const& [name, value] : members) {
            out_ += separator;
            write_string(name, out_);
            out_ += ':';
            write(value, out_);
            separator = ',';
        }
        out_ += members.empty() ? "{}" : "}";
    }

private:
    std::string& out_;
};

}  // namespace

void write(Value const& value, std::string& out) { value.visit(Writer(out)); }

std::string write(Value const& value) {
    std::string out;
    write(value, out);
    return out;
}

}  // namespace tributary::fhir::json
