/// A playback's unique id: Asterisk's, or one that we chose.
public struct PlaybackID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The id's text.
    public let rawValue: String
    /// Takes the text as it is.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Takes the text as it is.
    public init(_ text: String) { rawValue = text }
    /// The id's text.
    public var description: String { rawValue }
}
