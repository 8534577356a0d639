import Core
import FastAGI

extension AGISession {
    /// A variable that holds an integer; blanks around it are allowed.
    /// - Throws: `HandlerFault` when it is empty or no integer.
    func getInteger(_ name: String) async throws -> Int {
        let text = try await getVariable(name)
        guard let number = integer(text) else { throw HandlerFault("\(name) is no integer: '\(text)'") }
        return number
    }

    /// Sets a variable to a column's value, null as the empty string (contract 41 §0 "Notation").
    func setVariable(_ name: String, column value: String?) async throws {
        try await setVariable(name, value ?? "")
    }
}

/// An integer in decimal, as channel variables hold it.
func integer(_ text: String) -> Int? {
    let words = text.parts(separatedBy: " ")
    return words.count == 1 ? Int(words[0]) : nil
}
