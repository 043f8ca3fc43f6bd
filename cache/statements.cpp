#include "cache/statements.hpp"

namespace tributary::cache {

std::vector<char const*> all_statements() {
    std::vector<char const*> all;
    for (auto const statements :
         {event_statements(),
          patient_statements(),
          patient_acceptance_statements(),
          patient_key_statements(),
          patient_read_statements(),
          entry_statements(),
          relation_statements(),
          document_statements(),
          document_version_statements(),
          interest_statements(),
          subscription_statements(),
          subscription_index_statements(),
          subscription_history_statements(),
          discovery_statements(),
          progress_statements(),
          content_statements(),
          search_statements(),
          housekeeping_statements(),
          explanation_statements(),
          handover_statements()}) {
        all.insert(all.end(), statements.begin(), statements.end());
    }
    return all;
}

}  // namespace tributary::cache
