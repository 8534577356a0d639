/// A phone number in the forms that telephones and address books write it (contract 41 §0 "Phone numbers").
public struct PhoneNumberForms: Sendable, Hashable {
    /// Whether a number of that length may exist in its country.
    public var isPossible: Bool
    /// `+33612345678`.
    public var e164: String
    /// `+33 6 12 34 56 78`.
    public var international: String
    /// `06 12 34 56 78`.
    public var national: String
    /// As it is dialled from the country that it was read in: another country's number with that country's prefix.
    public var fromCountry: String
    /// The national form without what cannot be dialled: `0612345678`.
    public var nationalDiallable: String

    /// The forms of a number.
    public init(
        isPossible: Bool,
        e164: String,
        international: String,
        national: String,
        fromCountry: String,
        nationalDiallable: String
    ) {
        self.isPossible = isPossible
        self.e164 = e164
        self.international = international
        self.national = national
        self.fromCountry = fromCountry
        self.nationalDiallable = nationalDiallable
    }
}

/// What reading a phone number came to.
public enum PhoneNumberReadingResult: Sendable, Hashable {
    /// It is one.
    case number(PhoneNumberForms)
    /// It looks like one, but not like an international one, and there is no country to read it in.
    case lacksCountry
    /// It is none.
    case notANumber
}

/// Reads phone numbers as people write them, by the numbering plans of all countries.
public protocol PhoneNumberReading: Sendable {
    /// Reads a number.
    /// - Parameters:
    ///   - number: As it came with the call.
    ///   - country: ISO 3166 code that national forms are read in; `nil` or empty: only international ones are read.
    func read(_ number: String, country: String?) -> PhoneNumberReadingResult
}

extension PhoneNumberReading {
    /// The forms of a number; `nil` when it cannot be read.
    public func forms(_ number: String, country: String?) -> PhoneNumberForms? {
        if case .number(let forms) = read(number, country: country) { forms } else { nil }
    }

    /// The E.164 form with `+`; `nil` when the text cannot be read.
    public func e164(_ number: String, country: String?) -> String? { forms(number, country: country)?.e164 }
}
