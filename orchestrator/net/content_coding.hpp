#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "fhir/base/failure.hpp"

namespace tributary::net {

enum class ContentCoding { identity, gzip, deflate, unknown };
/// Of a list that names one coding besides identity, that one; of any longer one, unknown.
ContentCoding parse_content_coding(std::string_view field);

/// Undoes gzip or deflate, a slice at a time, never beyond a limit whatever the compressed bytes promise. Thread: any one at a time.
class Inflater {
public:
    /// `compressed` outlives the object.
    Inflater(ContentCoding coding, std::string_view compressed, std::size_t limit);
    ~Inflater();

    /// Adds at most `slice` bytes, or what is left of one gzip member, to the output. True: more is to come. Errors: too_large, protocol (damaged or cut short).
    Result<bool> step(std::size_t slice);
    std::size_t size() const { return output_.size(); }
    std::string take() { return std::move(output_); }

private:
    struct State;

    std::unique_ptr<State> state_;
    std::string output_;
    std::string slice_;  ///< filled anew by each step: a step of many that give nothing costs next to nothing
    std::size_t limit_;
};

/// All at once. Errors: too_large, protocol.
Result<std::string> inflate(ContentCoding coding, std::string_view compressed, std::size_t limit);

}  // namespace tributary::net
