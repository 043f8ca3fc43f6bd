#pragma once
#include <string_view>

#include "fhir/base/failure.hpp"
#include "orchestrator/partner/community.hpp"

namespace tributary::pipeline {

/// Takes the document out of the FHIR Binary in which it came, in JSON or XML, whatever the partner says it sent. What is no such wrapper stays as it is.
/// Pure; for the worker. Errors: invalid (an OperationOutcome instead of the document, a Binary without data). Source: document-sharing B.3.
Result<void> unwrap(partner::RetrievedDocument& document);

/// A page for people, such as a log-in, not a document that is expected in another format.
bool starts_like_web_page(std::string_view bytes);

}  // namespace tributary::pipeline
