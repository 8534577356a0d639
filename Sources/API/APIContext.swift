import Foundation
public import Hummingbird

/// The context of a request.
public struct APIContext: RequestContext {
    /// Hummingbird's part.
    public var coreContext: CoreRequestContextStorage

    /// The context of a request that came over `source`.
    public init(source: Source) { coreContext = .init(source: source) }

    /// A path parameter, percent-decoded; an empty text when the route has none of this name.
    public func pathParameter(_ name: String) -> String {
        let text = parameters.get(name) ?? ""
        return text.removingPercentEncoding ?? text
    }
}
