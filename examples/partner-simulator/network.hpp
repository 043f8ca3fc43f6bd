#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "examples/partner-simulator/behaviour.hpp"

namespace tributary::simulator {

// The simulated partners as data: what a profile makes, the FHIR facade serves and the oracle judges by. Plain values, never changed once made.

struct Coding {
    std::string system, code, display;
};
struct Identifier {
    std::string system, value;
};
struct Patient {
    std::string id;
    std::vector<std::string> given;
    std::string family, birth_date, gender;
    std::vector<Identifier> identifiers;
};

struct Content {
    std::string content_type, bytes;
    std::string binary_id;
    Delivery delivery = Delivery::relative_url;
};

/// What an instance is to the document it shows, and how many Events a correct client may then make of the document. Source: fixture.md 2.
enum class CopyClass { original, exact_copy };
std::string_view wire(CopyClass copy_class);

struct Document {
    std::string id;  ///< at its community
    std::string
        truth;  ///< names the document in the whole network: equal for its instances, and for no others
    CopyClass copy_class = CopyClass::original;
    std::string patient_id;  ///< DocumentReference.subject
    std::string
        listed_for;  ///< the patient in whose answers it appears; not patient_id: an entry slipped into a page
    std::string master_identifier;  ///< urn:oid:… or urn:uuid:…; "" none
    std::string status = "current";
    Coding type, category;
    std::string date, title;
    std::vector<Content> contents;
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

Community const* find_community(Network const& network, std::string_view id);
Patient const* find_patient(Community const& community, std::string_view id);

}  // namespace tributary::simulator
