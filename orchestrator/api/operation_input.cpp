#include "orchestrator/api/operation_input.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "fhir/base/ascii.hpp"
#include "orchestrator/api/request.hpp"
#include "orchestrator/async/run_by_size.hpp"

namespace tributary::api {

namespace {

/// The text of a parameter, or its whole number as it is written.
std::optional<std::string> readable_value(fhir::json::Value const& parameter) {
    for (std::string_view const type :
         {"valueId",
          "valueString",
          "valueCode",
          "valueUri",
          "valueInteger",
          "valueInteger64",
          "valueUnsignedInt",
          "valuePositiveInt"}) {
        auto const* const value = parameter.find(type);
        if (value == nullptr) continue;
        if (auto const text = value->text(); !text.empty()) return std::string(text);
        if (auto const* const number = value->get<fhir::json::Number>()) return number->text;
    }
    return std::nullopt;
}

}  // namespace

Result<OperationInput> OperationInput::read(net::ServerRequest const& http) {
    OperationInput input;
    auto query = fhir::search::parse_query(http.query);
    if (!query) return query.error();
    input.query_ = std::move(*query);
    if (http.method == "POST" && !http.body.empty()) {
        auto body = read_resource(http, "Parameters");
        if (!body) return body.error();
        auto const* const list = body->find("parameter");
        if (list != nullptr && !list->is_array())
            return Failure(Errc::invalid, "parameter is a list").at("Parameters.parameter");
        input.body_ = std::move(*body);
    }
    if (auto const json = accept_json(http.headers, input.query_); !json) return json.error();
    return input;
}

awaitable<Result<OperationInput>> OperationInput::read(
    async::Worker& worker, net::ServerRequest const& http
) {
    auto work = [&http] { return read(http); };
    co_return co_await async::run_by_size(worker, http.body.size(), std::move(work));
}

Result<std::vector<std::string>> OperationInput::values(std::string_view name) const {
    std::vector<std::string> found;
    for (auto const& parameter : query_) {
        if (parameter.name == name)
            found.insert(found.end(), parameter.values.begin(), parameter.values.end());
    }
    for (auto const& parameter : body_.items("parameter")) {
        if (parameter.text("name") != name) continue;
        auto value = readable_value(parameter);
        if (!value) {
            return Failure(
                Errc::invalid, std::string(name) + " has no value that can be read: give it as valueString"
            );
        }
        found.push_back(std::move(*value));
    }
    return found;
}

Result<std::optional<std::int64_t>> OperationInput::number(std::string_view name) const {
    auto const given = values(name);
    if (!given) return given.error();
    if (given->empty()) return std::optional<std::int64_t>();
    auto const& text = given->front();
    if (given->size() > 1 || text.empty() || !std::all_of(text.begin(), text.end(), ascii::is_digit))
        return Failure(Errc::invalid, std::string(name) + " is the number of an event: give one, in digits");
    std::int64_t number = 0;
    auto const read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec == std::errc::result_out_of_range) number = std::numeric_limits<std::int64_t>::max();
    return std::optional(number);
}

}  // namespace tributary::api
