import Foundation

/// Values of query strings as the contract reads them (contract 00 §3.2).
public enum Coercion {
    /// An integer: surrounding blanks and leading zeros allowed; `nil`: "Not a valid integer."
    public static func integer(_ text: String) -> Int? {
        Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
