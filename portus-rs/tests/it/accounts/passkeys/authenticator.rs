//! An authenticator with the browser around it, as far as a server sees them: it makes passkeys and signs with them. What
//! no browser would do, it does when told to.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use openssl::{
    bn::{BigNum, BigNumContext},
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    rand::rand_bytes,
    sha::sha256,
    sign::Signer,
};
use serde_json::{Value, json};

/// Where the services of tests are.
pub const ORIGIN: &str = "https://portus.test";

const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;
const HAS_KEY: u8 = 0x40;

/// A passkey with its private half.
#[derive(Clone)]
pub struct Authenticator {
    id: [u8; 32],
    key: EcKey<Private>,
    /// Where the browser is.
    pub origin: String,
    /// Whom it says the passkey belongs to.
    pub handle: Option<String>,
    /// Of the next signature.
    pub counter: u32,
    /// Whether it has made sure who uses it.
    pub verified: bool,
}

impl Authenticator {
    pub fn new() -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let mut id = [0; 32];
        rand_bytes(&mut id).unwrap();
        Self {
            id,
            key: EcKey::generate(&group).unwrap(),
            origin: ORIGIN.to_owned(),
            handle: None,
            counter: 0,
            verified: true,
        }
    }

    /// As options name it.
    pub fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.id)
    }

    /// Answers `navigator.credentials.create`.
    pub fn make(&mut self, options: &Value) -> String {
        let options = &options["publicKey"];
        self.handle = Some(options["user"]["id"].as_str().unwrap().to_owned());
        let mut data = self.data(options["rp"]["id"].as_str().unwrap(), HAS_KEY);
        data.extend([0; 16]);
        data.extend([0, 32]);
        data.extend(self.id);
        data.extend(self.public_half());
        let mut object = vec![0xa3];
        object.extend(b"\x63fmt\x64none\x67attStmt\xa0\x68authData\x58");
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        let said = self.said("webauthn.create", options);
        json!({
            "id": self.id(),
            "rawId": self.id(),
            "type": "public-key",
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(said),
                "attestationObject": URL_SAFE_NO_PAD.encode(object),
            },
        })
        .to_string()
    }

    /// Answers `navigator.credentials.get`.
    pub fn sign(&mut self, options: &Value) -> String {
        let options = &options["publicKey"];
        if self.counter > 0 {
            self.counter += 1;
        }
        let data = self.data(options["rpId"].as_str().unwrap(), 0);
        let said = self.said("webauthn.get", options);
        let key = PKey::from_ec_key(self.key.clone()).unwrap();
        let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
        signer.update(&data).unwrap();
        signer.update(&sha256(said.as_bytes())).unwrap();
        json!({
            "id": self.id(),
            "rawId": self.id(),
            "type": "public-key",
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(said),
                "authenticatorData": URL_SAFE_NO_PAD.encode(data),
                "signature": URL_SAFE_NO_PAD.encode(signer.sign_to_vec().unwrap()),
                "userHandle": self.handle,
            },
        })
        .to_string()
    }

    fn said(&self, kind: &str, options: &Value) -> String {
        json!({
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": false,
        })
        .to_string()
    }

    fn data(&self, place: &str, more: u8) -> Vec<u8> {
        let mut data = sha256(place.as_bytes()).to_vec();
        data.push(PRESENT | more | if self.verified { VERIFIED } else { 0 });
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// After COSE, in CBOR.
    fn public_half(&self) -> Vec<u8> {
        let mut context = BigNumContext::new().unwrap();
        let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        self.key
            .public_key()
            .affine_coordinates(self.key.group(), &mut x, &mut y, &mut context)
            .unwrap();
        let mut key = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".to_vec();
        key.extend(x.to_vec_padded(32).unwrap());
        key.extend(b"\x22\x58\x20");
        key.extend(y.to_vec_padded(32).unwrap());
        key
    }
}
