/// `LineLogHandler.swift` is the server's own file (a link); this is all that it needs of the server's settings.
enum LogFormat: Sendable {
    case text
    case json
}
