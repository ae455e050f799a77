//! Key files from outside: what was kept comes back, to the one who may have it.

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;
    use weft_types::SecretKey;
    use weft_wallet::{Cost, KeyName, Protection, Wallet, WalletError, Wallets, generate, import};

    const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };
    const SEALED: Protection<'_> = Protection::Password("correct horse", CHEAP);

    struct Home(tempfile::TempDir);

    impl Home {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }
        fn wallets(&self) -> Wallets {
            Wallets::of_home(self.0.path())
        }
        fn alice(&self) -> Wallet {
            self.wallets().wallet("alice").unwrap()
        }
        fn coldkey(&self) -> PathBuf {
            self.0.path().join("wallets/alice/coldkey.json")
        }
    }

    fn key() -> SecretKey {
        SecretKey::from_seed([0x5a; 32])
    }

    #[test]
    fn a_sealed_key_comes_back_under_its_password_only() {
        let home = Home::new();
        home.alice().save(KeyName::Cold, &key(), SEALED).unwrap();
        let loaded = home.alice().load(KeyName::Cold, Some("correct horse")).unwrap();
        assert_eq!(loaded.seed(), key().seed());
        let wrong = home.alice().load(KeyName::Cold, Some("battery staple"));
        assert!(matches!(wrong, Err(WalletError::WrongPassword { .. })));
        let none = home.alice().load(KeyName::Cold, None);
        assert!(matches!(none, Err(WalletError::PasswordNeeded { .. })));
        assert_eq!(home.alice().public(KeyName::Cold).unwrap(), key().public());
        assert!(home.alice().is_sealed(KeyName::Cold).unwrap());
    }

    #[test]
    fn a_sealed_file_does_not_hold_the_seed_in_any_form() {
        let home = Home::new();
        home.alice().save(KeyName::Cold, &key(), SEALED).unwrap();
        let text = fs::read_to_string(home.coldkey()).unwrap().to_lowercase();
        assert!(!text.contains("5a5a5a5a5a"));
    }

    #[test]
    fn two_seals_of_one_key_have_nothing_in_common() {
        let home = Home::new();
        home.alice().save(KeyName::Hot("a"), &key(), SEALED).unwrap();
        home.alice().save(KeyName::Hot("b"), &key(), SEALED).unwrap();
        let field = |name, field: &str| {
            let path = home.alice().path(KeyName::Hot(name)).unwrap();
            let json: serde_json::Value =
                serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            json.pointer(field).unwrap().clone()
        };
        for pointer in ["/password/salt", "/password/nonce", "/secret"] {
            assert_ne!(field("a", pointer), field("b", pointer), "{pointer}");
        }
    }

    #[test]
    fn a_hotkey_is_in_the_open_only_when_asked_for() {
        let home = Home::new();
        home.alice().save(KeyName::Hot("val1"), &key(), Protection::None).unwrap();
        assert!(!home.alice().is_sealed(KeyName::Hot("val1")).unwrap());
        let loaded = home.alice().load(KeyName::Hot("val1"), None).unwrap();
        assert_eq!(loaded.seed(), key().seed());
        let empty = home.alice().save(KeyName::Cold, &key(), Protection::password(""));
        assert!(matches!(empty, Err(WalletError::EmptyPassword)));
        assert!(!home.alice().has(KeyName::Cold));
    }

    #[test]
    fn a_changed_byte_never_gives_another_key() {
        for protection in [SEALED, Protection::None] {
            let home = Home::new();
            home.alice().save(KeyName::Cold, &key(), protection).unwrap();
            let whole = fs::read(home.coldkey()).unwrap();
            for at in 0..whole.len() {
                for bit in [1, 0x20, 0x80] {
                    let mut bytes = whole.clone();
                    bytes[at] ^= bit;
                    fs::write(home.coldkey(), bytes).unwrap();
                    match home.alice().load(KeyName::Cold, Some("correct horse")) {
                        // A digit of hex in the other case, or other white space.
                        Ok(loaded) => assert_eq!(loaded.seed(), key().seed(), "byte {at}"),
                        Err(WalletError::Damaged { .. } | WalletError::Version { .. }) => {}
                        Err(e) => panic!("byte {at}: {e}"),
                    }
                }
            }
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_damaged() {
        let home = Home::new();
        home.alice().save(KeyName::Cold, &key(), SEALED).unwrap();
        let whole = fs::read(home.coldkey()).unwrap();
        for length in 0..whole.len() - 1 {
            fs::write(home.coldkey(), &whole[..length]).unwrap();
            let refused = home.alice().public(KeyName::Cold);
            assert!(matches!(refused, Err(WalletError::Damaged { .. })), "{length}");
        }
    }

    #[test]
    fn a_file_of_another_version_is_named_so() {
        let home = Home::new();
        home.alice().save(KeyName::Cold, &key(), SEALED).unwrap();
        let text = fs::read_to_string(home.coldkey()).unwrap();
        let newer = text.replace("\"version\": 1", "\"version\": 2, \"scrypt\": true");
        fs::write(home.coldkey(), newer).unwrap();
        let refused = home.alice().public(KeyName::Cold);
        assert!(matches!(refused, Err(WalletError::Version { got: 2, want: 1, .. })));
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let home = Home::new();
        home.alice().save(KeyName::Cold, &key(), SEALED).unwrap();
        let mode = fs::metadata(home.coldkey()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::set_permissions(home.coldkey(), fs::Permissions::from_mode(0o644)).unwrap();
        let refused = home.alice().load(KeyName::Cold, Some("correct horse")).unwrap_err();
        assert!(matches!(refused, WalletError::WeakPermissions { mode: 0o644, .. }));
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let home = Home::new();
        home.alice().save(KeyName::Cold, &key(), SEALED).unwrap();
        let before = fs::read(home.coldkey()).unwrap();
        let refused = home.alice().create(KeyName::Cold, SEALED);
        assert!(matches!(refused, Err(WalletError::Exists { .. })));
        assert_eq!(fs::read(home.coldkey()).unwrap(), before);
        assert_eq!(fs::read_dir(home.0.path().join("wallets/alice")).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_save_left_behind_is_no_key_and_does_not_hinder_the_next() {
        let home = Home::new();
        let dir = home.0.path().join("wallets/alice");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("coldkey.json.new"), b"{\"version\": 1, \"pub").unwrap();
        assert!(matches!(home.alice().public(KeyName::Cold), Err(WalletError::NotFound { .. })));
        assert!(home.wallets().names().unwrap().is_empty());
        home.alice().save(KeyName::Cold, &key(), SEALED).unwrap();
        assert!(!dir.join("coldkey.json.new").exists());
        assert_eq!(home.alice().public(KeyName::Cold).unwrap(), key().public());
    }

    #[test]
    fn a_password_can_be_changed_by_who_knows_it() {
        let home = Home::new();
        home.alice().save(KeyName::Cold, &key(), SEALED).unwrap();
        let next = Protection::Password("another", CHEAP);
        let refused = home.alice().change_password(KeyName::Cold, Some("guess"), next);
        assert!(matches!(refused, Err(WalletError::WrongPassword { .. })));
        home.alice().change_password(KeyName::Cold, Some("correct horse"), next).unwrap();
        assert!(home.alice().load(KeyName::Cold, Some("correct horse")).is_err());
        let loaded = home.alice().load(KeyName::Cold, Some("another")).unwrap();
        assert_eq!(loaded.seed(), key().seed());
    }

    #[test]
    fn wallets_and_hotkeys_are_listed_by_name() {
        let home = Home::new();
        assert!(home.wallets().names().unwrap().is_empty());
        for name in ["zoe", "alice"] {
            let wallet = home.wallets().wallet(name).unwrap();
            wallet.create(KeyName::Cold, SEALED).unwrap();
        }
        for name in ["w2", "w1"] {
            home.alice().create(KeyName::Hot(name), Protection::None).unwrap();
        }
        assert_eq!(home.wallets().names().unwrap(), ["alice", "zoe"]);
        assert_eq!(home.alice().hotkeys().unwrap(), ["w1", "w2"]);
    }

    #[test]
    fn a_name_never_leaves_the_directory() {
        let home = Home::new();
        for bad in ["", ".", "..", "a/b", "../x", "a b", "ä", &"x".repeat(65)] {
            assert!(matches!(home.wallets().wallet(bad), Err(WalletError::BadName(_))), "{bad}");
            let hot = home.alice().create(KeyName::Hot(bad), SEALED);
            assert!(matches!(hot, Err(WalletError::BadName(_))), "{bad}");
        }
    }

    #[test]
    fn a_seed_is_imported_from_hex() {
        assert_eq!(import(&"5a".repeat(32)).unwrap().seed(), key().seed());
        assert_eq!(import(&format!(" 0x{}\n", "5a".repeat(32))).unwrap().seed(), key().seed());
        assert!(matches!(import("5a"), Err(WalletError::BadSeed(_))));
        assert!(matches!(import(&"zz".repeat(32)), Err(WalletError::BadSeed(_))));
        assert_ne!(generate().unwrap().seed(), generate().unwrap().seed());
    }

    #[test]
    fn nothing_secret_is_printed() {
        let home = Home::new();
        home.alice().save(KeyName::Cold, &key(), SEALED).unwrap();
        let wrong = home.alice().load(KeyName::Cold, Some("hunter2")).unwrap_err();
        let shown = format!("{SEALED:?} {:?} {:?} {wrong} {wrong:?}", key(), home.alice());
        for secret in ["5a5a", "90, 90", "correct horse", "hunter2"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn a_file_can_not_ask_for_all_memory() {
        let home = Home::new();
        let greedy = Cost { memory_kib: u32::MAX, passes: 1, lanes: 1 };
        let refused = home.alice().save(KeyName::Cold, &key(), Protection::Password("x", greedy));
        assert!(matches!(refused, Err(WalletError::BadCost { .. })));
    }

    /// F11.
    #[test]
    fn one_odd_file_hides_no_other_wallet_and_is_named() {
        let home = Home::new();
        for name in ["alice", "bob", "carol"] {
            let wallet = home.wallets().wallet(name).unwrap();
            wallet.save(KeyName::Cold, &generate().unwrap(), Protection::None).unwrap();
            wallet.save(KeyName::Hot("default"), &key(), Protection::None).unwrap();
        }
        let wallets = home.0.path().join("wallets");
        let copy = wallets.join("alice.bak");
        fs::create_dir_all(&copy).unwrap();
        fs::copy(home.coldkey(), copy.join("coldkey.json")).unwrap();
        fs::create_dir_all(wallets.join("half")).unwrap();
        let empty = wallets.join("bob/hotkeys/empty.json");
        fs::write(&empty, "").unwrap();
        fs::set_permissions(&empty, fs::Permissions::from_mode(0o600)).unwrap();
        let weak = wallets.join("bob/hotkeys/weak.json");
        fs::copy(wallets.join("bob/hotkeys/default.json"), &weak).unwrap();
        fs::set_permissions(&weak, fs::Permissions::from_mode(0o644)).unwrap();
        let open = wallets.join("carol/coldkey.json");
        fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
        let (good, odd) = home.wallets().survey().unwrap();
        let names: Vec<_> = good.iter().map(|w| (w.name.as_str(), w.hotkeys.len())).collect();
        assert_eq!(names, [("alice", 1), ("bob", 1), ("carol", 1)]);
        assert!(good[1].coldkey.is_some() && good[2].coldkey.is_none());
        let [cold] = good[2].unreadable.as_slice() else { panic!("{:?}", good[2]) };
        assert!(matches!(cold.why, WalletError::WeakPermissions { .. }));
        assert_eq!(cold.path, open);
        let ends = |path: &PathBuf, end: &str| assert!(path.ends_with(end), "{}", path.display());
        let [bad_name, half] = odd.as_slice() else { panic!("{odd:?}") };
        ends(&bad_name.path, "alice.bak");
        assert!(matches!(bad_name.why, WalletError::BadName(_)));
        ends(&half.path, "half/coldkey.json");
        assert!(matches!(half.why, WalletError::NotFound { .. }));
        let [empty, weak] = good[1].unreadable.as_slice() else { panic!("{:?}", good[1]) };
        ends(&empty.path, "empty.json");
        assert!(matches!(empty.why, WalletError::Damaged { .. }));
        assert!(matches!(weak.why, WalletError::WeakPermissions { .. }));
    }

    /// F9.
    #[test]
    fn all_keys_of_a_wallet_change_their_password_or_none_does() {
        let home = Home::new();
        let new = Protection::Password("battery staple", CHEAP);
        let alice = home.alice();
        alice.save(KeyName::Cold, &key(), SEALED).unwrap();
        for hotkey in ["a", "b"] {
            alice.save(KeyName::Hot(hotkey), &key(), SEALED).unwrap();
        }
        let wrong = alice.change_all(Some("horse"), new);
        assert!(matches!(wrong, Err(WalletError::WrongPassword { .. })), "{wrong:?}");
        // A change that was interrupted behind the first key is finished by the next.
        alice.change_password(KeyName::Cold, Some("correct horse"), new).unwrap();
        alice.change_all(Some("correct horse"), new).unwrap();
        for name in [KeyName::Cold, KeyName::Hot("a"), KeyName::Hot("b")] {
            assert_eq!(alice.load(name, Some("battery staple")).unwrap().seed(), key().seed());
            let old = alice.load(name, Some("correct horse"));
            assert!(matches!(old, Err(WalletError::WrongPassword { .. })));
        }
        // One key of another password: nothing is changed.
        alice.save(KeyName::Hot("c"), &key(), Protection::Password("other", CHEAP)).unwrap();
        assert!(alice.change_all(Some("battery staple"), SEALED).is_err());
        assert!(alice.load(KeyName::Cold, Some("battery staple")).is_ok());
    }
}
