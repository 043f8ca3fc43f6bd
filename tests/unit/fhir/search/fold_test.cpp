#include <random>

#include "fhir/search/parameter.hpp"
#include "tests/support/catch.hpp"

namespace tributary::fhir::search {

TEST_CASE("strings fold to what people mean by the same name", "[search][F.5]") {
    struct Case {
        std::string text, folded;
    };
    for (auto const& [text, folded] : std::vector<Case>{
             {"", ""},
             {"Smith", "smith"},
             {"  Van   der\tBerg ", "van der berg"},
             {"O'Brien", "o brien"},
             {"O\u2019Brien", "o brien"},
             {"Smith-Jones", "smith jones"},
             {"Müller", "muller"},
             {"Mu\u0308ller", "muller"},
             {"STRAẞE", "strasse"},
             {"Straße", "strasse"},
             {"İstanbul", "istanbul"},
             {"Ärzte GmbH & Co.", "arzte gmbh co"},
             {"ΣΊΣΥΦΟΣ", "σισυφοσ"},
             {"Σίσυφος", "σισυφοσ"},
             {"漢字", "漢字"},
             {"山田\u3000太郎", "山田 太郎"},
             {"Ｓｍｉｔｈ", "smith"},
             {"ﬁsh", "fish"},
             {"Zoe\u200D\u00AD", "zoe"},
             {"\u0627\u064E\u062D", "\u0627\u062D"},
             {"Łukasz", "łukasz"},
             {"...", ""}
         }) {
        INFO(text);
        CHECK(fold(text) == folded);
    }
}

TEST_CASE("names in scripts whose vowels are marks stay different", "[search][F.5]") {
    CHECK(fold("\u0930\u093E\u092E") != fold("\u0930\u092E"));
}

TEST_CASE("folding what is folded changes nothing, and case never counts", "[search][property]") {
    auto const seed = std::random_device{}();
    INFO("TEST_SEED " << seed);
    std::mt19937 random(seed);
    std::vector<std::string> const pieces{"a", "B", "ß", "É", "e\u0301", "ǅ", "İ", "ı", "漢", "が",
                                          "ﬃ", "-", " ", "'", "\u00A0",  "ς", "𝔘", "ℌ", "½",  "한"};
    for (int i = 0; i < 5000; ++i) {
        std::string text;
        for (int n = 0; n < 8; ++n) text += pieces[random() % pieces.size()];
        auto const once = fold(text);
        INFO(text);
        REQUIRE(fold(once) == once);
        REQUIRE(fold(" " + text + "\n") == once);
    }
}

}  // namespace tributary::fhir::search
