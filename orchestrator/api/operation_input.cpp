#include "orchestrator/api/operation_input.hpp"

#include "orchestrator/api/request.hpp"

namespace tributary::api {

Result<OperationInput> OperationInput::read(net::ServerRequest const& http) {
    OperationInput input;
    auto query = fhir::search::parse_query(http.query);
    if (!query) return query.error();
    input.query_ = std::move(*query);
    if (http.method == "POST" && !http.body.empty()) {
        auto body = read_resource(http, "Parameters");
        if (!body) return body.error();
        input.body_ = std::move(*body);
    }
    if (auto const json = accept_json(http.headers, input.query_); !json) return json.error();
    return input;
}

std::vector<std::string> OperationInput::values(std::string_view name) const {
    std::vector<std::string> found;
    for (auto const& parameter : query_) {
        if (parameter.name == name)
            found.insert(found.end(), parameter.values.begin(), parameter.values.end());
    }
    for (auto const& parameter : body_.items("parameter")) {
        if (parameter.text("name") != name) continue;
        for (std::string_view const type : {"valueId", "valueString", "valueCode", "valueUri"}) {
            if (auto const text = parameter.text(type); !text.empty()) found.emplace_back(text);
        }
    }
    return found;
}

}  // namespace tributary::api
