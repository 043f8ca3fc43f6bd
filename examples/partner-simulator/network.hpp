#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "examples/partner-simulator/behaviour.hpp"
#include "orchestrator/base/digest.hpp"

namespace tributary::simulator {

// The simulated partners as data: what a profile makes, the FHIR facade serves and the oracle judges by. Plain values.

struct Coding {
    std::string system, code, display;
};
struct Identifier {
    std::string system, value;
};
struct Address {
    std::string line, city, state, postal_code;
};
struct HumanName {
    std::string use;
    std::vector<std::string> given;
    std::string family;
};
struct Patient {
    std::string id;
    std::vector<std::string> given;          ///< with family: the official name
    std::string family, birth_date, gender;  ///< "": not told
    std::vector<Identifier> identifiers;
    std::vector<HumanName> other_names = {};
    Address address = {};
};

/// The bytes of a content, shared by all who hold it, and their digest.
class Bytes {
public:
    Bytes() : Bytes(std::string()) {}
    Bytes(std::string text);
    Bytes(char const* text) : Bytes(std::string(text)) {}
    std::string const& text() const { return held_->text; }
    std::size_t size() const { return held_->text.size(); }
    Sha1 const& sha1() const { return held_->sha1; }
    bool operator==(Bytes const& other) const { return sha1() == other.sha1(); }

private:
    struct Held {
        std::string text;
        Sha1 sha1;
    };
    std::shared_ptr<Held const> held_;
};
struct Content {
    std::string content_type;
    Bytes bytes;
    std::string binary_id;
    Delivery delivery = Delivery::relative_url;
    bool tells_digest = true;  ///< size and hash
};

/// What an instance is to the document it shows, or to another one. Source: fixture.md 2.
enum class CopyClass {
    original,
    exact_copy,
    without_unique_id,  ///< same bytes, known by a local identifier only
    other_spelling,     ///< of the same uniqueId
    re_serialised,      ///< same identity, other bytes
    conflict,           ///< another document under the same uniqueId
    new_version,        ///< another document that replaces one
    sample_id,          ///< another patient's document under a copied uniqueId
    retracted,          ///< entered-in-error
    twice,              ///< once more at the same community
};
std::string_view wire(CopyClass copy_class);

struct Document {
    std::string id;  ///< at its community
    std::string
        truth;  ///< names the document in the whole network: equal for its instances, and for no others
    CopyClass copy_class = CopyClass::original;
    std::string patient_id;  ///< DocumentReference.subject
    std::string
        listed_for;  ///< the patient in whose answers it appears; not patient_id: an entry slipped into a page
    Identifier master_identifier;  ///< value "": none
    std::vector<Identifier> identifiers = {};
    Identifier replaces = {};  ///< the uniqueId of the version before; value "": none
    std::string status = "current";
    Coding type, category;
    std::string date, title;
    std::string creation = {};  ///< of the bytes; "": not told
    std::vector<Content> contents;
    unsigned version = 1;
    std::string last_updated = {};  ///< "": its date
};

struct Community {
    std::string id;  ///< p001; served at /p001/fhir
    std::string name, software, home_community_id;
    Behaviour behaviour = {};
    std::vector<Patient> patients = {};
    std::vector<Document> documents = {};
};

struct Network {
    std::vector<Community> communities;
};

/// Under the system for URIs: "urn:oid:…" or "urn:uuid:…".
Identifier uri_identifier(std::string uri);

/// The names that tell who somebody is: not a nickname, nor an old or an anonymous one.
std::vector<HumanName> real_names(Patient const& patient);

/// The assigning authority of its local patient ids.
std::string patient_domain(Community const& community);

Community const* find_community(Network const& network, std::string_view id);
Patient const* find_patient(Community const& community, std::string_view id);

}  // namespace tributary::simulator
