#include <optional>

#include "tests/support/file_size_limit.hpp"
#include "tests/unit/orchestrator/pipeline/retrieval_fixture.hpp"

namespace tributary::pipeline {

namespace {

/// Trouble of our own: neither a partner nor a document is at fault, and nothing is lost by it.
struct OurTrouble : RetrievalFixture {
    bool has_body(std::string const& id) {
        auto const content = run(storage->content("", binary_id("", "first", id, 0)));
        return content && !content->sha256.empty();
    }
};

}  // namespace

TEST_CASE_METHOD(
    OurTrouble,
    "what was admitted of a page is retrieved although the disk was full for the rest",
    "[retrieval][storage]"
) {
    std::vector<std::string> ids;
    for (int i = 0; i < 20; ++i) ids.push_back("d" + std::to_string(i));
    discovery.refresh = 1h;
    auto& partner = add_partner("first", [](auto& settings) { settings.retrieve_timeout = 10min; });
    partner.retrieve_delay = 90s;
    start();
    subscribe("s1");
    advance(59min);
    partner.pages = {documents(ids)};
    std::optional<FileSizeLimit> full;
    on_wake = [&] { full.emplace(1); };
    advance(2min);
    on_wake = {};
    full.reset();
    REQUIRE(events("s1") == 4);
    advance(30min);
    REQUIRE(events("s1") == 20);
    for (auto const& id : ids) CHECK(has_body(id));
    CHECK(partner.retrieved.size() == 20);
}

}  // namespace tributary::pipeline
