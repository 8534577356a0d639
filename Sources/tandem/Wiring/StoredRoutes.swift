import API
import CallControl

/// The routes of a feature whose resources are stored, each behind the feature's gate: what reads needs the rows, what
/// changes something needs Asterisk too.
struct StoredRoutes: RouteProviding {
    private let inner: any RouteProviding
    private let gate: StateGate
    private let change: StateGate.Need

    /// - Parameter change: What requests that change something need.
    init(_ inner: any RouteProviding, behind gate: StateGate, change: StateGate.Need = .asterisk) {
        self.inner = inner
        self.gate = gate
        self.change = change
    }

    var routes: [Route] {
        inner.routes.map { route in
            let need = route.method == .get ? .rows : change
            return route.after { [gate] in try await gate.require(need) }
        }
    }
}
