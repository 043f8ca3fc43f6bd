#pragma once
#include <span>

namespace tributary::cache {

// The statements of each file, for the test that asks SQLite for its query plans.

std::span<char const* const> event_statements();
std::span<char const* const> patient_statements();
std::span<char const* const> patient_acceptance_statements();
std::span<char const* const> patient_key_statements();
std::span<char const* const> patient_read_statements();
std::span<char const* const> entry_statements();
std::span<char const* const> relation_statements();
std::span<char const* const> document_statements();
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

}  // namespace tributary::cache
