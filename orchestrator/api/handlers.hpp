#pragma once
#include "orchestrator/api/context.hpp"
#include "orchestrator/api/router.hpp"

namespace tributary::api {

// Each adds the routes of one interaction family. `context` outlives the router.
void add_metadata_routes(Router& router, Context const& context);
/// The topics, as R4 shows them (ITI-114).
void add_basic_routes(Router& router, Context const& context);
void add_subscription_routes(Router& router, Context const& context);
void add_subscription_update_routes(Router& router, Context const& context);
void add_subscription_history_routes(Router& router, Context const& context);
void add_subscription_operation_routes(Router& router, Context const& context);
/// Why a Subscription was told of a document, or was not.
void add_explain_routes(Router& router, Context const& context);
void add_subscription_event_routes(Router& router, Context const& context);
void add_document_reference_routes(Router& router, Context const& context);
void add_patient_routes(Router& router, Context const& context);
void add_binary_routes(Router& router, Context const& context);

}  // namespace tributary::api
