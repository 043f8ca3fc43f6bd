#pragma once
#include "orchestrator/pipeline/ids.hpp"
#include "tests/unit/orchestrator/pipeline/pipeline_fixture.hpp"

namespace tributary::pipeline {

struct RetrievalFixture : PipelineFixture {
    /// One document at each partner added so far, all with the same masterIdentifier and digest: one Document with several holders.
    void serve_everywhere(
        std::vector<FakeCommunity*> const& communities, std::string const& bytes, bool with_hash = true
    ) {
        for (auto* community : communities) {
            DocumentParts parts;
            parts.id = "a";
            parts.attachment =
                R"("contentType":"text/plain","url":"Binary/a","size":)" + std::to_string(bytes.size());
            if (with_hash) parts.attachment += R"(,"hash":")" + base64(text_of(sha1(bytes))) + "\"";
            community->pages = {{make_document(parts)}};
            community->bodies["Binary/a"] = bytes;
        }
    }
    static std::string text_of(Sha1 const& digest) {
        return {reinterpret_cast<char const*>(digest.data()), digest.size()};
    }

    Result<Retrievals::Body> fetch(std::string const& id, Clock::Duration limit = 1h) {
        std::optional<Result<Retrievals::Body>> out;
        auto go = [&]() -> awaitable<void> {
            auto const deadline = Deadline::after(clock, limit);
            out.emplace(co_await retrievals->fetch(deadline, "", id));
        };
        async::Root task(ctx);
        task.start(go());
        advance(std::min<Clock::Duration>(limit, 10min));
        INFO(task.what());
        REQUIRE(task.succeeded());
        return std::move(*out);
    }
    std::string const at_first = binary_id("", "first", "a", 0);
};

}  // namespace tributary::pipeline
