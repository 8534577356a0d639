import CPhoneNumber
public import Directory

/// The numbering plans of all countries: libphonenumber.
public struct NumberingPlans: PhoneNumberReading {
    /// The longest text that is looked at, in bytes of UTF-8; the plans know nothing that long.
    private static let maximumLength = 250

    /// Plans; they are loaded at the first number.
    public init() {}

    /// Reads a number, in some microseconds.
    public func read(_ number: String, country: String?) -> PhoneNumberReadingResult {
        // The library reads up to the first NUL; whatever follows would be lost without a word.
        guard number.utf8.count <= Self.maximumLength, !number.utf8.contains(0) else { return .notANumber }
        var forms = cphonenumber_forms()
        switch cphonenumber_read(number, country?.uppercased(), &forms) {
        case CPHONENUMBER_READ: return .number(PhoneNumberForms(forms))
        case CPHONENUMBER_LACKS_COUNTRY: return .lacksCountry
        default: return .notANumber
        }
    }
}

extension PhoneNumberForms {
    fileprivate init(_ forms: cphonenumber_forms) {
        var forms = forms
        self.init(
            isPossible: forms.possible,
            e164: Self.text(&forms.e164),
            international: Self.text(&forms.international),
            national: Self.text(&forms.national),
            fromCountry: Self.text(&forms.from_country),
            nationalDiallable: Self.text(&forms.national_diallable)
        )
    }

    /// A C array of characters, which Swift sees as a tuple, up to its NUL.
    private static func text<Characters>(_ characters: inout Characters) -> String {
        withUnsafeBytes(of: &characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
