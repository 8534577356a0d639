public import Hummingbird
public import NIOCore

/// The context of a request.
public struct APIContext: RequestContext {
    /// Hummingbird's part.
    public var coreContext: CoreRequestContextStorage
    /// The connection.
    public let channel: any Channel
    /// The client's address, trusted proxies taken into account.
    var clientAddress: String?
    /// `https` or `http`, as the client speaks to the trusted proxy.
    var scheme = "http"

    /// The context of a request that came over `source`.
    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}
