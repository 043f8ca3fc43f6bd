#pragma once
#include <span>
#include <vector>

namespace tributary::cache {

// The statements of each file.

std::span<char const* const> event_statements();
std::span<char const* const> patient_statements();
std::span<char const* const> patient_acceptance_statements();
std::span<char const* const> patient_key_statements();
std::span<char const* const> patient_read_statements();
std::span<char const* const> entry_statements();
std::span<char const* const> relation_statements();
std::span<char const* const> document_statements();
std::span<char const* const> document_version_statements();
std::span<char const* const> interest_statements();
std::span<char const* const> subscription_statements();
std::span<char const* const> subscription_index_statements();
std::span<char const* const> subscription_history_statements();
std::span<char const* const> discovery_statements();
std::span<char const* const> progress_statements();
std::span<char const* const> content_statements();
std::span<char const* const> search_statements();
std::span<char const* const> housekeeping_statements();
std::span<char const* const> explanation_statements();
std::span<char const* const> handover_statements();

/// All of them: what a Store prepares when it is opened, and what a test asks SQLite for the query plans of.
std::vector<char const*> all_statements();

}  // namespace tributary::cache
