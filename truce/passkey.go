package truce

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
)

// verifyPasskey checks a WebAuthn assertion over SHA-256(PAE), as W3C
// WebAuthn-3 section 7.2 asks: sig is authenticatorData and clientDataJSON,
// each after its length in two bytes, and then the signature. The counter is
// ignored, since synced passkeys send 0.
func (k KeyAct) verifyPasskey(pae, sig []byte) error {
	refuse := func(why string) error {
		return forbidden("signatures", "the passkey's signature does not verify: %s", why)
	}
	authData, rest, ok1 := lengthed(sig)
	client, signature, ok2 := lengthed(rest)
	if !ok1 || !ok2 || len(authData) < 37 {
		return refuse("it is cut short")
	}
	var c struct {
		Type        string `json:"type"`
		Challenge   string `json:"challenge"`
		Origin      string `json:"origin"`
		CrossOrigin bool   `json:"crossOrigin"`
	}
	if err := json.Unmarshal(client, &c); err != nil {
		return refuse("its client data is not JSON")
	}
	digest := sha256.Sum256(pae)
	rp := sha256.Sum256([]byte(k.RPID))
	const present, verified = 1, 4
	switch {
	case c.Type != "webauthn.get":
		return refuse("it is no assertion")
	case c.Challenge != base64.RawURLEncoding.EncodeToString(digest[:]):
		return refuse("it signed other words")
	case !slices.Contains(k.Origins, c.Origin) || c.CrossOrigin:
		return refuse("it was made on a page that is not enrolled")
	case !bytes.Equal(authData[:32], rp[:]):
		return refuse("it was made for another site")
	case authData[32]&present == 0 || authData[32]&verified == 0:
		return refuse("nobody was present and verified")
	}
	public, err := x509.ParsePKIXPublicKey(k.Public)
	if err != nil {
		return refuse("its key cannot be read")
	}
	clientHash := sha256.Sum256(client)
	signed := append(slices.Clone(authData), clientHash[:]...)
	hash := sha256.Sum256(signed)
	good := false
	switch pub := public.(type) {
	case *ecdsa.PublicKey:
		good = ecdsa.VerifyASN1(pub, hash[:], signature)
	case ed25519.PublicKey:
		good = ed25519.Verify(pub, signed, signature)
	case *rsa.PublicKey:
		good = rsa.VerifyPKCS1v15(pub, crypto.SHA256, hash[:], signature) == nil
	}
	if !good {
		return refuse("it is not by this key")
	}
	return nil
}

// lengthed splits off a field that stands after its length in two bytes.
func lengthed(b []byte) (field, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(b))
	if len(b) < 2+n {
		return nil, nil, false
	}
	return b[2 : 2+n], b[2+n:], true
}
