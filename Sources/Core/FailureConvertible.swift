/// A failure of an adapter that knows by itself what a client is told of it.
public protocol FailureConvertible: Error {
    /// The error body of contract 00 §5.
    var failure: Failure { get }
}
