#pragma once
#include "fhir/base/failure.hpp"

namespace tributary::api {

/// What became of a retrieval, as it concerns an app: nothing that a partner did is the app's own mistake, and it is sent to ask again only
/// where that can help. Source: document-sharing B.5.
Failure retrieval_refusal(Failure const& why);

}  // namespace tributary::api
