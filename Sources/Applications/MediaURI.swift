import Core

/// Media that may be played to a call: each kind is checked, files come from allowed folders alone, and what a tenant
/// recorded is heard by nobody else (contract 11 §3.7, §5a).
///
/// Asterisk would take an absolute path, a `..`, and the URL of a web server; all of them reach what is not a
/// program's business.
public struct MediaRules: Sendable, Hashable {
    /// Folders on Asterisk's machine whose files may be named by their whole path.
    public var folders: [String]
    /// Where each tenant has a folder, which nobody else may hear: recordings of calls and announcements are there.
    public var tenantsFolders: [String]
    /// The platform's place for them (contract 42 §1).
    public static let platformsTenants = "/var/lib/wazo/sounds/tenants"

    /// - Parameters:
    ///   - folders: Absolute paths.
    ///   - tenantsFolders: Absolute paths; below each a tenant's folder has the name of its uuid.
    public init(
        folders: [String] = ["/var/lib/asterisk/sounds", "/var/lib/wazo/sounds"],
        tenantsFolders: [String] = [MediaRules.platformsTenants]
    ) {
        self.folders = folders
        self.tenantsFolders = tenantsFolders
    }

    /// What Asterisk is asked to play when a client asks for `uri` on behalf of a tenant's application; `nil`: nothing.
    /// A recording is looked for in the tenant's own folder alone, whether its name begins with that or not.
    func media(_ uri: String, for tenant: TenantID) -> String? {
        guard allows(uri, for: tenant) else { return nil }
        guard uri.begins(with: Self.recording) else { return uri }
        let name = String(uri.unicodeScalars.dropFirst(Self.recording.unicodeScalars.count))
        return Self.isBelow(tenant.rawValue, name) ? uri : Self.recording + Self.folder(tenant.rawValue) + name
    }

    private static let recording = "recording:"

    /// The recording that Asterisk is asked to play; `nil`: something else.
    static func recording(in media: String) -> String? {
        media.begins(with: recording) ? String(media.unicodeScalars.dropFirst(recording.unicodeScalars.count)) : nil
    }

    private func allows(_ uri: String, for tenant: TenantID) -> Bool {
        guard uri.utf8.count <= 1_024, let (kind, rest) = uri.halves(at: ":") else { return false }
        guard !rest.isEmpty, rest.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) else {
            return false
        }
        switch kind {
        case "sound": return isSound(rest, of: tenant)
        // Asterisk has one folder of recordings for all, and does not say whose one is.
        case "recording": return Self.isPlainPath(rest) && !rest.begins(with: "/") && !tenant.rawValue.isEmpty
        case "number": return rest.wholeMatch(of: /-?[0-9]{1,18}(,[a-z])?/.matchingSemantics(.unicodeScalar)) != nil
        case "digits":
            return rest.utf8.count <= 256 && rest.consists { $0.isDigit || "*#-".unicodeScalars.contains($0) }
        case "characters": return rest.unicodeScalars.count <= 256
        case "tone":
            let tone = /[A-Za-z0-9+*!,\/.\- ]+(;tonezone=[A-Za-z]{2,8})?/.matchingSemantics(.unicodeScalar)
            return rest.wholeMatch(of: tone) != nil && !rest.begins(with: "/") && !rest.holds("..")
        default: return false
        }
    }

    private func isSound(_ path: String, of tenant: TenantID) -> Bool {
        guard Self.isPlainPath(path) else { return false }
        guard path.begins(with: "/") else { return true }
        guard folders.contains(where: { Self.isBelow($0, path) }) else { return false }
        return tenantsFolders.map(Self.folder).allSatisfy { root in
            !path.begins(with: root) || Self.isBelow(root + tenant.rawValue, path)
        }
    }

    private static func folder(_ path: String) -> String { path.ends(with: "/") ? path : path + "/" }

    private static func isBelow(_ folder: String, _ path: String) -> Bool {
        let root = Self.folder(folder)
        return path.begins(with: root) && path.utf8.count > root.utf8.count
    }

    /// A path that cannot leave the folder it begins in, and is no URL.
    private static func isPlainPath(_ path: String) -> Bool {
        guard path.consists(of: { $0.isWordOfASCII || "_/. @+-".unicodeScalars.contains($0) }) else { return false }
        let parts = path.parts(separatedBy: "/", keepingEmpty: true).dropFirst(path.begins(with: "/") ? 1 : 0)
        return parts.allSatisfy { !$0.isEmpty && $0 != ".." && $0 != "." }
    }
}
