#pragma once
#include <memory>
#include <string>
#include <string_view>

struct _xmlTextReader;

namespace tributary::fhir::xml {

/// The first bytes are those of a document in XML, in UTF-8 or UTF-16.
bool looks_like_xml(std::string_view bytes);

/// Pulls a document in XML, element by element, in any encoding that libxml2 knows. Loads nothing from anywhere; a DOCTYPE is passed over, and what
/// stands for an entity that it declares is left out, not expanded. Memory: that of one path through the document. Thread: any one at a time.
class PullReader {
public:
    /// `bytes` outlive it; white space before the first '<' is forgiven.
    explicit PullReader(std::string_view bytes);

    /// Goes to the next element. False: the end, or an error.
    bool next_element();
    /// Goes to the next element that is not below this one. False: as above.
    bool next_outside();
    /// It stands on an element: the end was not reached, nor an error met.
    bool on_element() const { return on_element_; }
    /// What was read is well-formed so far.
    bool intact() const { return intact_; }

    // Of the element on which it stands.
    int depth() const;  ///< 0: the root
    std::string_view name() const;
    std::string_view space() const;  ///< namespace
    /// "" where there is none, or where it holds an entity.
    std::string attribute(std::string_view name) const;
    /// The text of it and all below it.
    std::string content() const;

private:
    struct Free {
        void operator()(_xmlTextReader* reader) const;
    };
    std::unique_ptr<_xmlTextReader, Free> reader_;
    bool on_element_ = false;
    bool intact_ = true;
};

}  // namespace tributary::fhir::xml
