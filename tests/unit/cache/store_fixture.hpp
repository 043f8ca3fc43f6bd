#pragma once
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "cache/store.hpp"
#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "tests/support/catch.hpp"

namespace tributary::cache {

/// A folder of its own, gone at the end.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "tributary-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = pattern;
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(TemporaryFolder const&) = delete;
    TemporaryFolder& operator=(TemporaryFolder const&) = delete;
    std::string file(std::string const& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

/// The value of what must have worked.
template <class T>
T good(Result<T> result) {
    if (!result) throw std::runtime_error("unexpected failure: " + result.error().detail());
    return std::move(*result);
}
inline void good(Result<void> result) {
    if (!result) throw std::runtime_error("unexpected failure: " + result.error().detail());
}

inline Utc at_second(int second) { return Utc(std::chrono::seconds(1'800'000'000 + second)); }

inline fhir::json::Value parse(std::string const& text) { return good(fhir::json::read(text)); }

struct PatientText {
    std::string id;
    std::string given = "Bob", family = "Smith", birth_date = "1970-01-02", gender = "male";
    std::string identifier = {};  ///< system|value
};
inline NewPatient make_patient(std::string const& partner, PatientText const& text) {
    auto resource = fhir::json::object({{"resourceType", "Patient"}, {"id", text.id}});
    resource.set(
        "name",
        fhir::json::array(
            {fhir::json::object({{"family", text.family}, {"given", fhir::json::array({text.given})}})}
        )
    );
    if (!text.gender.empty()) resource.set("gender", text.gender);
    if (!text.birth_date.empty()) resource.set("birthDate", text.birth_date);
    if (auto const bar = text.identifier.find('|'); bar != std::string::npos) {
        auto identifier = fhir::json::object(
            {{"system", text.identifier.substr(0, bar)}, {"value", text.identifier.substr(bar + 1)}}
        );
        resource.set("identifier", fhir::json::array({identifier}));
    }
    return {partner + "-" + text.id, good(fhir::read_patient(std::move(resource)))};
}

struct DocumentText {
    std::string id;
    std::string unique_id = {};  ///< K1, an OID
    std::string hash = {};       ///< SHA-1 as hex, with size 100
    std::string status = "current";
    std::string replaces = {};     ///< remote id
    std::string replaces_id = {};  ///< K1, an OID
    std::string entry_uuid = {};
    std::string home = {};   ///< homeCommunityId
    std::string label = {};  ///< a confidentiality code
    std::string type = "11506-3", content_type = "text/plain", date = "2026-01-15T10:00:00Z";
    std::string subject = "Patient/any";
};
inline NewEntry make_entry(std::string const& partner, DocumentText const& text) {
    using fhir::json::array;
    using fhir::json::object;
    auto resource = object(
        {{"resourceType", "DocumentReference"}, {"id", text.id}, {"status", text.status}, {"date", text.date}}
    );
    if (!text.unique_id.empty()) {
        resource.set(
            "masterIdentifier",
            object({{"system", "urn:ietf:rfc:3986"}, {"value", "urn:oid:" + text.unique_id}})
        );
    }
    resource.set(
        "type", object({{"coding", array({object({{"system", "http://loinc.org"}, {"code", text.type}})})}})
    );
    resource.set("subject", object({{"reference", text.subject}}));
    if (!text.replaces.empty()) {
        auto const target = object({{"reference", "DocumentReference/" + text.replaces}});
        resource.set("relatesTo", array({object({{"code", "replaces"}, {"target", target}})}));
    }
    if (!text.replaces_id.empty()) {
        auto const named = object(
            {{"system", "urn:ietf:rfc:3986"},
             {"value", (text.replaces_id.starts_with("urn:") ? "" : "urn:oid:") + text.replaces_id}}
        );
        auto const target = object({{"identifier", named}});
        resource.set("relatesTo", array({object({{"code", "replaces"}, {"target", target}})}));
    }
    if (!text.entry_uuid.empty()) {
        auto const named =
            object({{"use", "official"}, {"system", "urn:ietf:rfc:3986"}, {"value", text.entry_uuid}});
        resource.set("identifier", array({named}));
    }
    if (!text.home.empty()) {
        auto const home = object(
            {{"url", "https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-HomeCommunityId"},
             {"valueOid", text.home}}
        );
        resource.set("extension", array({home}));
    }
    if (!text.label.empty()) {
        auto const coding = object(
            {{"system", "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"}, {"code", text.label}}
        );
        resource.set("securityLabel", array({object({{"coding", array({coding})}})}));
    }
    auto attachment = object({{"contentType", text.content_type}, {"url", "Binary/" + text.id}});
    if (!text.hash.empty()) {
        attachment.set("hash", text.hash);
        attachment.set("size", 100);
    }
    resource.set("content", array({object({{"attachment", attachment}})}));
    NewEntry entry;
    entry.id = partner + "-" + text.id;
    entry.binary_ids = {entry.id + "-b0"};
    entry.document = good(fhir::read_document_reference(std::move(resource)));
    return entry;
}

inline constexpr char const* kBob = "DocumentReference?patient.given=bob&patient.family=smith";

/// A Store on a real file, with the words of the tests.
class StoreFixture {
public:
    explicit StoreFixture(fhir::identity::Acceptance acceptance = fhir::identity::Acceptance::strict) {
        settings.path = folder.file("tributary.db");
        settings.full_synchronous = false;
        settings.acceptance = acceptance;
        settings.rules.canonical_base = "http://tributary.example";
        settings.rules.base = "http://127.0.0.1:8080/fhir";
        reopen();
    }

    void reopen() {
        store.reset();
        store = good(Store::open(settings, Access::writer));
    }
    /// A unit of work in a transaction of its own.
    template <class Work>
    auto commit(Work work) {
        if (store->begin()) throw std::runtime_error("begin");
        auto result = good(work(*store));
        if (store->commit()) throw std::runtime_error("commit");
        return result;
    }
    void subscribe(
        std::string const& id,
        std::string const& criteria = kBob,
        subscriptions::Status status = subscriptions::Status::active,
        bool topic = false
    ) {
        NewSubscription subscription;
        subscription.id = id;
        subscription.resource = topic ? topic_subscription(criteria) : classic_subscription(criteria);
        subscription.status = status;
        subscription.now = at_second(0);
        commit([&](Store& s) { return s.create_subscription(subscription); });
    }
    static std::string classic_subscription(std::string const& criteria) {
        auto const channel =
            fhir::json::object({{"type", "rest-hook"}, {"endpoint", "https://app.example/hook"}});
        return fhir::json::write(fhir::json::object(
            {{"resourceType", "Subscription"},
             {"status", "requested"},
             {"reason", "test"},
             {"criteria", criteria},
             {"channel", channel}}
        ));
    }
    static std::string topic_subscription(std::string const& filter) {
        std::string const base = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";
        using fhir::json::array;
        using fhir::json::object;
        auto const filters =
            array({object({{"url", base + "backport-filter-criteria"}, {"valueString", filter}})});
        auto const content =
            array({object({{"url", base + "backport-payload-content"}, {"valueCode", "id-only"}})});
        auto channel = object(
            {{"type", "rest-hook"},
             {"endpoint", "https://app.example/hook"},
             {"payload", "application/fhir+json"}}
        );
        channel.set("_payload", object({{"extension", content}}));
        auto resource =
            object({{"resourceType", "Subscription"}, {"status", "requested"}, {"reason", "test"}});
        resource.set("criteria", "http://tributary.example/SubscriptionTopic/patient-documents");
        resource.set("_criteria", object({{"extension", filters}}));
        resource.set("channel", channel);
        return fhir::json::write(resource);
    }
    /// The id of a Discovery for this question: the one there is, or a new one.
    std::string ask(
        std::vector<fhir::search::Parameter> const& question, int second = 0, bool again = false
    ) {
        OpenDiscovery wanted;
        wanted.key = fhir::search::PatientQuery{question, {}}.key();
        wanted.id = "asked-" + std::to_string(++asked_);
        wanted.partners = {"p1", "p2", "p3"};
        wanted.now = at_second(second);
        wanted.again = again;
        return commit([&](Store& s) { return s.open_discovery(wanted); }).id;
    }
    void finish(
        std::string const& discovery,
        std::string const& partner,
        int second,
        std::string const& issue = {},
        bool owed = false
    ) {
        ExchangeOutcome outcome;
        outcome.discovery = discovery;
        outcome.partner = partner;
        outcome.issue = issue;
        outcome.owed = owed;
        outcome.state = owed || issue == "timeout" ? ExchangeState::failed : ExchangeState::answered;
        outcome.now = at_second(second);
        commit([&](Store& s) -> Result<bool> {
            good(s.finish_exchange(outcome));
            return true;
        });
    }
    /// Patients that a partner answered with and that were accepted, whoever asked by family name or identifier.
    void match(std::string const& partner, std::vector<PatientText> const& patients) {
        for (auto const& patient : patients) {
            match(partner, patients, ask({{"family", "", {patient.family}}}));
            if (!patient.identifier.empty())
                match(partner, patients, ask({{"identifier", "", {patient.identifier}}}));
        }
    }
    /// The same, as one answer. Answers the Subscriptions told.
    std::vector<std::string> match(
        std::string const& partner, std::vector<PatientText> const& patients, std::string const& discovery
    ) {
        PatientsAnswer answer;
        answer.discovery = discovery;
        answer.partner = partner;
        answer.now = at_second(1);
        for (auto const& patient : patients) answer.patients.push_back(make_patient(partner, patient));
        return commit([&](Store& s) { return s.admit_patients(answer); });
    }
    static Answer answer(
        std::string const& partner, std::string const& patient, std::vector<DocumentText> const& documents
    ) {
        Answer answer;
        answer.discovery = "d1";
        answer.partner = partner;
        answer.home_community_id = "urn:oid:2.999.7." + partner.substr(1);
        answer.patient_id = partner + "-" + patient;
        answer.now = at_second(2);
        for (auto const& document : documents) answer.entries.push_back(make_entry(partner, document));
        return answer;
    }
    Admitted admit(
        std::string const& partner, std::string const& patient, std::vector<DocumentText> const& documents
    ) {
        return commit([&](Store& s) { return s.admit(answer(partner, patient, documents)); });
    }
    Admitted attach(
        std::string const& binary_id, std::string const& sha256, std::string const& inner_id = {}
    ) {
        AttachedBody body;
        body.binary_id = binary_id;
        body.identity.sha256 = sha256;
        body.identity.document_id = inner_id;
        return attach(std::move(body));
    }
    /// For the content as it is now.
    Admitted attach(AttachedBody body) {
        auto const content = good(store->content("", body.binary_id));
        body.url = content.url;
        body.hash = content.hash;
        return attach_as_asked(std::move(body));
    }
    Admitted attach_as_asked(AttachedBody body) {
        body.size = 100;
        body.now = at_second(3);
        return commit([&](Store& s) { return s.attach_body(body); });
    }
    std::string text(std::string const& id, std::string const& member) {
        return std::string(document(id).text(member));
    }
    /// Has the document this flag of ours?
    bool flagged(std::string const& id, std::string const& code) {
        auto const resource = document(id);
        auto const* const meta = resource.find("meta");
        if (meta == nullptr) return false;
        auto const& tags = meta->items("tag");
        return std::any_of(tags.begin(), tags.end(), [&](fhir::json::Value const& tag) {
            return tag.text("code") == code &&
                   tag.text("system") == "http://tributary.example/CodeSystem/document-flag";
        });
    }
    /// "create p1-a/1" and so on, in order of number; checks that the numbers have no gap.
    std::vector<std::string> told(std::string const& subscription) {
        std::vector<std::string> told;
        for (auto const& event : good(store->events(subscription, 0, 1'000'000, 1'000'000))) {
            REQUIRE(event.number == static_cast<std::int64_t>(told.size()) + 1);
            auto const kind = event.kind == subscriptions::EventKind::create ? "create " : "update ";
            told.push_back(kind + event.focus_id + "/" + std::to_string(event.focus_version));
        }
        return told;
    }
    std::vector<std::string> found(
        std::vector<fhir::search::Parameter> filters = {}, std::string const& family = "smith"
    ) {
        DocumentSearchRequest request;
        request.search.patient.parameters = {{"family", "", {family}}};
        request.search.filters = std::move(filters);
        std::vector<std::string> ids;
        for (auto const& resource : good(store->search_documents(request)).resources)
            ids.push_back(resource.id);
        return ids;
    }
    fhir::json::Value document(std::string const& id) {
        return parse(good(store->read_document("", id)).resource.resource);
    }

    TemporaryFolder folder;
    StoreSettings settings;
    std::unique_ptr<Store> store;

private:
    int asked_ = 0;
};

using Texts = std::vector<std::string>;

}  // namespace tributary::cache
