#include "orchestrator/api/retrieval_refusal.hpp"

#include "fhir/base/outcome_table.hpp"

namespace tributary::api {

namespace {

std::string cause(Failure const& why) {
    if (why.http_status() != 0) return "HTTP " + std::to_string(why.http_status());
    return std::string(outcome_of(why.errc()).name);
}

}  // namespace

Failure retrieval_refusal(Failure const& why) {
    switch (why.errc()) {
        case Errc::not_found:
            return Failure(
                Errc::not_found, "no Binary has this id: read attachment.url of a DocumentReference anew"
            );
        case Errc::deleted:
            return Failure(Errc::deleted, "no partner has this document any more");
        case Errc::too_large:
            return Failure(
                Errc::not_supported,
                "this document is larger than [limits] document_body here: ask its partner for it, or whoever "
                "runs this server for a higher limit"
            );
        case Errc::timeout:
            return Failure(Errc::timeout, "no partner gave this document in time: ask again");
        case Errc::throttled:
        case Errc::closed:
            return Failure(why.errc(), "this document cannot be retrieved now: ask again");
        case Errc::storage:
        case Errc::bug:
            return why;
        default:
            return Failure(
                Errc::http_status, "no partner gave this document now (" + cause(why) + "): ask again later"
            );
    }
}

}  // namespace tributary::api
