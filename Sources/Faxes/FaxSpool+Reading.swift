import API
import NIOPosix

extension FaxSpool {
    /// The file of a fax that is ours, for a client; `nil` when it is not there (any more).
    func document(of fax: ReceivedFax) async throws -> OpenFile? {
        let path = file(of: fax)
        return try await NIOThreadPool.singleton.runIfActive { OpenFile(path: path) }
    }
}
