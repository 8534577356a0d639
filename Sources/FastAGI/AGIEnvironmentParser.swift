/// Bounds of the environment block (contract 40 §8).
struct EnvironmentLimits: Sendable, Hashable {
    var lines = 256
    var lineBytes = 8_192
    var bytes = 65_536
}

/// Why an environment block was not accepted.
enum EnvironmentFault: Error, Hashable, Sendable {
    case tooManyLines
    case lineTooLong
    case tooLarge
    case timedOut
    /// The peer closed before the empty line; `bytes` had come.
    case closedEarly(bytes: Int)
}

/// Gathers the environment block line by line (contract 40 §2).
struct AGIEnvironmentParser {
    private let limits: EnvironmentLimits
    private var environment = AGIEnvironment()
    private var lines = 0
    /// Bytes of the block so far, line feeds included.
    private(set) var bytes = 0

    init(limits: EnvironmentLimits = EnvironmentLimits()) {
        self.limits = limits
    }

    /// Takes one line without its LF.
    /// - Returns: The environment once its empty line has come.
    mutating func receive(_ line: [UInt8]) throws(EnvironmentFault) -> AGIEnvironment? {
        bytes += line.count + 1
        if line.count > limits.lineBytes { throw .lineTooLong }
        if bytes > limits.bytes { throw .tooLarge }
        let line = line[...].trimmingBlanks()
        if line.isEmpty { return environment }
        lines += 1
        if lines > limits.lines { throw .tooManyLines }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        let name = line[..<colon].trimmingBlanks()
        environment.set(
            String(decoding: name, as: UTF8.self),
            to: Array(line[colon...].dropFirst().trimmingBlanks())
        )
        return nil
    }
}

extension ArraySlice<UInt8> {
    /// Without blanks, tabs and carriage returns at both ends.
    func trimmingBlanks() -> ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        let rest = drop(while: isBlank)
        guard let last = rest.lastIndex(where: { !isBlank($0) }) else { return [] }
        return rest[...last]
    }
}
