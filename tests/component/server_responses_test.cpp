#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "orchestrator/base/digest.hpp"
#include "orchestrator/partner/fhir_community.hpp"
#include "tests/component/net_fixture.hpp"

namespace tributary::partner {

namespace {

std::filesystem::path shaped_folder() {
    auto const* configured = std::getenv("TRIBUTARY_SHARED");
    auto const shared = configured != nullptr ? std::filesystem::path(configured)
                                              : std::filesystem::path(TRIBUTARY_SOURCE_DIR) / ".." / "shared";
    return shared / "data" / "server-responses" / "shaped";
}

std::string read_file(std::filesystem::path const& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// One exchange with a server of some family, as it was written down.
struct Exchange {
    explicit Exchange(fhir::json::Value const& file) {
        url = net::parse_url(file.at("request")->text("url")).value();
        auto const& response = *file.find("response");
        status = static_cast<unsigned>(std::stoul(response.find("status")->get<fhir::json::Number>()->text));
        if (auto const* json = response.find("body")) body = fhir::json::write(*json);
        if (body.empty()) body = response.text("bodyText");
        if (body.empty()) body = from_base64(response.text("bodyBase64")).value_or("");
        if (auto const* members = response.find("headers"); members != nullptr && members->is_object()) {
            for (auto const& [name, value] : *members->get<fhir::json::Value::Object>())
                headers.emplace_back(name, std::string(value.text()));
        }
    }
    /// As bytes of a server at `origin` in place of the one it came from.
    std::string bytes(std::string const& origin) const {
        auto const moved = replace(body, url.origin(), origin);
        std::string text = "HTTP/1.1 " + std::to_string(status) + " X\r\n";
        bool length = status == 204;
        for (auto const& [name, value] : headers) {
            length = length || name == "Content-Length";
            text.append(name).append(": ").append(replace(value, url.origin(), origin)).append("\r\n");
        }
        if (!length) text.append("Content-Length: ").append(std::to_string(moved.size())).append("\r\n");
        return text + "\r\n" + moved;
    }
    static std::string replace(std::string text, std::string const& from, std::string const& to) {
        for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
            text.replace(at, from.size(), to);
        return text;
    }
    bool about(std::string_view type) const {
        return url.target.find("/" + std::string(type)) != std::string::npos;
    }

    net::Url url;
    unsigned status = 0;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
};

using namespace std::chrono_literals;

struct Judgement {
    Result<std::size_t> resources = Failure(Errc::bug);  ///< how many came
    bool partial = false;
    bool more = false;
};

Judgement judge(Exchange const& exchange) {
    net::NetFixture net;
    net.fake.reply_and_close(exchange.bytes(net.fake.url("")));
    PartnerSettings settings;
    if (exchange.url.target.ends_with("$match")) settings.discovery = DiscoveryMethod::match;
    auto const type = exchange.url.target.find_first_of("?");
    auto base = exchange.url.target.substr(0, type);
    for (std::string const name : {"/DocumentReference", "/Patient", "/Binary"})
        base = base.substr(0, base.find(name));
    RequestTurns turns(net.clock, 0);
    FhirCommunity community(
        net.clock,
        net.client,
        net.worker,
        net.metrics,
        settings,
        net::parse_url(net.fake.url(base.empty() ? "/" : base)).value(),
        nullptr,
        turns
    );
    Judgement judgement;
    auto test = [&]() -> async::awaitable<void> {
        auto const deadline = net.in(5s);
        if (exchange.about("Binary")) {
            std::vector<DocumentAddress> addresses(1);
            addresses[0].url = net.fake.url(exchange.url.target);
            auto retrieved = co_await community.retrieve(deadline, std::move(addresses));
            judgement.resources =
                retrieved.front() ? Result<std::size_t>(1) : Result<std::size_t>(retrieved.front().error());
            co_return;
        }
        if (exchange.about("Patient")) {
            fhir::search::PatientQuery query;
            query.parameters.push_back({"family", "", {"x"}});
            auto found = co_await community.patients(deadline, std::move(query));
            judgement.resources =
                found ? Result<std::size_t>(found->patients.size()) : Result<std::size_t>(found.error());
            co_return;
        }
        PatientMatch match;
        auto const patient = exchange.url.target.find("patient=");
        match.remote_id = patient == std::string::npos
                              ? "p-1"
                              : exchange.url.target.substr(
                                    patient + 8, exchange.url.target.find('&', patient) - patient - 8
                                );
        Page page;
        page.url = net.fake.url(exchange.url.target);
        auto found = co_await community.documents(deadline, std::move(match), std::move(page));
        judgement.resources =
            found ? Result<std::size_t>(found->entries.size()) : Result<std::size_t>(found.error());
        if (found) {
            judgement.partial = found->partial;
            judgement.more = found->next.has_value();
        }
    };
    net.run(test());
    return judgement;
}

/// With status 200 and yet no answer.
std::set<std::string> const kRefused{
    "ok-empty-body",
    "ok-no-content",
    "ok-login-page",
    "ok-truncated-json",
    "outcome-200-fatal",
    "search-returns-array",
    "search-returns-bare-resource",
    "ok-gzip-flag-but-plain"
};
std::set<std::string> const kCutShort{"paging-next-is-self", "paging-next-other-host"};
std::map<std::string, std::size_t> const kResources{
    {"hapi-search-page-1", 2},
    {"hapi-empty", 0},
    {"epic-search-with-outcome", 2},
    {"epic-search-empty", 0},
    {"epic-match", 1},
    {"cerner-search-page-1", 2},
    {"cerner-search-page-2", 0},
    {"bundle-missing-fullurl-and-mode", 1},
    {"bundle-included-patient", 1},
    {"firely-unsupported-parameter-warning", 1},
    {"ok-gzip", 1},
    {"paging-next-is-self", 1},
    {"paging-next-other-host", 1},
    {"paging-next-relative", 1}
};
std::set<std::string> const kGoesOn{
    "hapi-search-page-1", "cerner-search-page-1", "paging-next-relative", "paging-next-two-cycle"
};

}  // namespace

TEST_CASE(
    "what servers of many families answer is understood, refused or cut short as it should be",
    "[partner][shaped]"
) {
    auto const folder = shaped_folder();
    if (!std::filesystem::exists(folder)) {
        WARN("skipped: there is no " << folder);
        return;
    }
    for (auto const& entry : std::filesystem::directory_iterator(folder)) {
        auto const name = entry.path().stem().string();
        if (entry.path().extension() != ".json" || name.starts_with("pixm")) continue;
        INFO(name);
        Exchange const exchange(fhir::json::read(read_file(entry.path())).value());
        auto const judged = judge(exchange);
        INFO(
            (judged.resources
                 ? std::to_string(*judged.resources)
                 : judged.resources.error().code().message() + " " + judged.resources.error().detail())
        );
        bool const answered = exchange.status == 200 && !kRefused.contains(name);
        CHECK(judged.resources.has_value() == answered);
        if (exchange.status >= 400 && judged.resources.has_error())
            CHECK(judged.resources.error().http_status() == exchange.status);
        if (auto const expected = kResources.find(name); expected != kResources.end() && judged.resources)
            CHECK(*judged.resources == expected->second);
        if (kCutShort.contains(name)) CHECK(judged.partial);
        if (kGoesOn.contains(name)) CHECK(judged.more);
    }
}

}  // namespace tributary::partner
