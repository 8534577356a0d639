import Directory
import PhoneNumbers
import Testing

@Suite("Numbering plans")
struct NumberingPlanTests {
    let plans = NumberingPlans()

    @Test("a national number in all its forms")
    func national() {
        #expect(
            plans.read("06 12 34 56 78", country: "FR")
                == .number(
                    PhoneNumberForms(
                        isPossible: true,
                        e164: "+33612345678",
                        international: "+33 6 12 34 56 78",
                        national: "06 12 34 56 78",
                        fromCountry: "06 12 34 56 78",
                        nationalDiallable: "0612345678"
                    )
                )
        )
    }

    @Test("a number of another country is dialled with its prefix")
    func abroad() throws {
        let forms = try #require(plans.forms("+1 514 555 0123", country: "FR"))
        #expect(forms.e164 == "+15145550123")
        #expect(forms.fromCountry == "00 1 514-555-0123")
        #expect(forms.nationalDiallable == "5145550123")
        #expect(plans.e164("0033612345678", country: "FR") == "+33612345678")
    }

    @Test("without a country only international numbers are read", arguments: [nil, "", "ZZ"] as [String?])
    func noCountry(country: String?) {
        #expect(plans.read("0612345678", country: country) == .lacksCountry)
        #expect(plans.e164("+33612345678", country: country) == "+33612345678")
    }

    @Test("the country's code may be in small letters")
    func smallLetters() { #expect(plans.e164("0612345678", country: "fr") == "+33612345678") }

    @Test("a length that no number has is not possible")
    func impossible() { #expect(plans.forms("+3361234", country: "FR")?.isPossible == false) }

    @Test(
        "no numbers",
        arguments: [
            "", " ", "unknown", "Alice", "\0", "+33\u{0}612345678", String(repeating: "1", count: 300), "\"<>;",
        ]
    )
    func none(text: String) { #expect(plans.read(text, country: "FR") == .notANumber) }

    @Test("hostile texts are read without harm, from many threads")
    func hostile() async {
        await withTaskGroup(of: Int.self) { group in
            for seed in 0..<8 {
                group.addTask { [plans] in
                    var generator = SystemRandomNumberGenerator()
                    var read = 0
                    for length in 0..<500 {
                        let bytes = (0..<(length % 60)).map { _ in UInt8.random(in: 0...255, using: &generator) }
                        let text = String(decoding: bytes, as: UTF8.self)
                        if plans.forms(text, country: seed.isMultiple(of: 2) ? "FR" : nil) != nil { read += 1 }
                        if length.isMultiple(of: 50) { await Task.yield() }
                    }
                    return read
                }
            }
            for await read in group { #expect(read <= 500) }
        }
    }
}
