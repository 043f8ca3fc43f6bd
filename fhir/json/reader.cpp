#include "fhir/json/reader.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <unordered_set>

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace tributary::fhir::json {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
/// From here on the names of an object are kept in a set, so that an object of many members costs no quadratic time.
constexpr std::size_t kManyMembers = 32;

std::string place(std::string_view text, std::size_t offset) {
    auto const before = text.substr(0, offset);
    auto const line = 1 + std::count(before.begin(), before.end(), '\n');
    auto const last_break = before.rfind('\n');
    auto const column = last_break == std::string_view::npos ? before.size() + 1 : before.size() - last_break;
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

/// RapidJSON lets an escaped low surrogate through that has no high one before it.
bool has_surrogate(std::string_view utf8) {
    for (auto at = utf8.find('\xED'); at != std::string_view::npos; at = utf8.find('\xED', at + 1)) {
        if (at + 1 < utf8.size() && static_cast<unsigned char>(utf8[at + 1]) >= 0xA0) return true;
    }
    return false;
}

/// FHIR forbids U+0000, and SQLite would cut there: the character is lost, not the resource.
std::string without_nul(std::string_view text) {
    std::string out;
    for (char const c : text) {
        if (c == '\0') {
            out += kReplacement;
        } else {
            out += c;
        }
    }
    return out;
}

/// Receives RapidJSON's events and builds the Value. Lives for one read().
class Builder {
public:
    Builder(std::string_view text, rapidjson::MemoryStream const& stream, Limits limits)
        : text_(text), stream_(stream), limits_(limits) {}

    bool Null() { return put(Value()); }
    bool Bool(bool value) { return put(Value(value)); }
    // Never called: kParseNumbersAsStringsFlag sends every number to RawNumber.
    bool Int(int) { return false; }
    bool Uint(unsigned) { return false; }
    bool Int64(std::int64_t) { return false; }
    bool Uint64(std::uint64_t) { return false; }
    bool Double(double) { return false; }
    bool RawNumber(char const* text, rapidjson::SizeType size, bool) {
        return put(Value(Number{std::string(text, size)}));
    }
    bool String(char const* text, rapidjson::SizeType size, bool) {
        auto string = checked({text, size});
        return string.has_value() && put(Value(std::move(*string)));
    }
    bool StartObject() { return open(Value(Value::Object{})); }
    bool Key(char const* text, rapidjson::SizeType size, bool) {
        auto key = checked({text, size});
        if (!key) return false;
        auto& frame = frames_.back();
        bool const known = is_known(frame, *key);
        frame.key = std::move(*key);
        return !known || fail(Errc::duplicate_key, "the member stands there twice");
    }
    bool EndObject(rapidjson::SizeType) { return close(); }
    bool StartArray() { return open(Value(Value::Array{})); }
    bool EndArray(rapidjson::SizeType) { return close(); }

    std::optional<Failure> const& failure() const { return failure_; }
    Value take() { return std::move(root_); }

private:
    struct Frame {
        Value value;
        std::string key;
        std::unordered_set<std::string> keys;  ///< filled from kManyMembers on
    };

    static bool is_known(Frame& frame, std::string const& key) {
        auto const& members = *frame.value.get<Value::Object>();
        if (members.size() < kManyMembers) {
            return std::any_of(members.begin(), members.end(), [&](auto const& member) {
                return member.first == key;
            });
        }
        if (frame.keys.empty()) {
            for (auto const& member : members) frame.keys.insert(member.first);
        }
        return !frame.keys.insert(key).second;
    }

    std::optional<std::string> checked(std::string_view text) {
        if (has_surrogate(text)) {
            fail(Errc::malformed, "half of a surrogate pair");
            return std::nullopt;
        }
        if (text.find('\0') != std::string_view::npos) return without_nul(text);
        return std::string(text);
    }

    bool fail(Errc code, std::string_view reason) {
        failure_ = Failure(code, place(text_, stream_.Tell()) + ": " + std::string(reason)).at(path());
        return false;
    }

    /// "Bundle.entry[3].resource.status"; starts with the type where the root has told it already.
    std::string path() const {
        if (frames_.empty()) return {};
        std::string path(frames_.front().value.text("resourceType"));
        for (auto const& frame : frames_) {
            if (auto const* array = frame.value.get<Value::Array>()) {
                path += '[' + std::to_string(array->size()) + ']';
            } else {
                if (!path.empty()) path += '.';
                path += frame.key;
            }
        }
        return path;
    }

    bool put(Value value) {
        if (frames_.empty()) {
            root_ = std::move(value);
            return true;
        }
        auto& frame = frames_.back();
        if (auto* array = frame.value.get<Value::Array>()) {
            array->push_back(std::move(value));
        } else {
            frame.value.get<Value::Object>()->emplace_back(std::move(frame.key), std::move(value));
        }
        return true;
    }

    bool open(Value value) {
        if (frames_.size() >= limits_.depth) {
            return fail(Errc::too_deep, "nested deeper than " + std::to_string(limits_.depth) + " levels");
        }
        frames_.push_back({std::move(value), {}, {}});
        return true;
    }

    bool close() {
        Value value = std::move(frames_.back().value);
        frames_.pop_back();
        return put(std::move(value));
    }

    std::string_view text_;
    rapidjson::MemoryStream const& stream_;
    Limits limits_;
    std::vector<Frame> frames_;
    Value root_;
    std::optional<Failure> failure_;
};

}  // namespace

Result<Value> read(std::string_view text, Limits limits) {
    constexpr unsigned kFlags = rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag |
                                rapidjson::kParseValidateEncodingFlag;
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    rapidjson::MemoryStream stream(text.data(), text.size());
    Builder builder(text, stream, limits);
    rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>> reader;
    auto const result = reader.Parse<kFlags>(stream, builder);
    if (builder.failure()) return *builder.failure();
    if (result.IsError()) {
        return Failure(
            Errc::malformed, place(text, result.Offset()) + ": " + rapidjson::GetParseError_En(result.Code())
        );
    }
    // RapidJSON takes a NUL after the value for the end of the text.
    if (stream.Tell() < text.size())
        return Failure(Errc::malformed, place(text, stream.Tell()) + ": text after the value");
    return builder.take();
}

}  // namespace tributary::fhir::json
