package truce

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"os"
	"testing"
)

// A passkeyVector is one assertion and whether it may stand. tools/webauthn
// holds the same file against another implementation.
type passkeyVector struct {
	Name    string   `json:"name"`
	Stands  bool     `json:"stands"`
	Signed  []byte   `json:"signed"` // what the office signs; its SHA-256 is the challenge
	Public  []byte   `json:"public"` // SPKI
	RPID    string   `json:"rp_id"`
	Origins []string `json:"origins"`
	Auth    []byte   `json:"auth"`
	Client  []byte   `json:"client"`
	Sig     []byte   `json:"sig"`
}

func (v passkeyVector) key() KeyAct {
	return KeyAct{Class: PasskeyKey, Public: v.Public, RPID: v.RPID, Origins: v.Origins}
}

// signature is the assertion as an envelope carries it.
func (v passkeyVector) signature() []byte {
	sig := binary.BigEndian.AppendUint16(nil, uint16(len(v.Auth)))
	sig = append(binary.BigEndian.AppendUint16(append(sig, v.Auth...), uint16(len(v.Client))), v.Client...)
	return append(sig, v.Sig...)
}

// FuzzPasskey: what is not the signed assertion does not stand for it.
func FuzzPasskey(f *testing.F) {
	b, err := os.ReadFile(passkeyFile)
	var all []passkeyVector
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	if err != nil {
		f.Fatal(err)
	}
	for _, v := range all {
		f.Add(v.signature())
	}
	f.Fuzz(func(t *testing.T, sig []byte) {
		for _, v := range all {
			if err := v.key().verify(PAE([]byte("another decision")), Signature{Sig: sig}); err == nil {
				t.Errorf("%x stands for what nobody signed", sig)
			}
		}
	})
}

const passkeyFile = "testdata/passkey.json"

func TestPasskeyVectors(t *testing.T) {
	if *update {
		b, err := json.MarshalIndent(passkeyVectors(t), "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(passkeyFile, append(b, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(passkeyFile)
	if err != nil {
		t.Fatal(err)
	}
	var all []passkeyVector
	if err := json.Unmarshal(b, &all); err != nil || len(all) < 12 {
		t.Fatalf("%d vectors, %v", len(all), err)
	}
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			if err := v.key().verify(v.Signed, Signature{Sig: v.signature()}); (err == nil) != v.Stands {
				t.Errorf("stands: %v, want %v: %v", err == nil, v.Stands, err)
			}
		})
	}
}

// passkeyVectors makes one good assertion a key, and ways to spoil it.
func passkeyVectors(t *testing.T) []passkeyVector {
	t.Helper()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edPublic, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var all []passkeyVector
	for _, k := range []struct {
		name   string
		public any
		sign   func([]byte) ([]byte, error)
	}{
		{"P-256", &ec.PublicKey, func(b []byte) ([]byte, error) {
			h := sha256.Sum256(b)
			return ecdsa.SignASN1(rand.Reader, ec, h[:])
		}},
		{"Ed25519", edPublic, func(b []byte) ([]byte, error) { return ed25519.Sign(ed, b), nil }},
	} {
		public, err := x509.MarshalPKIXPublicKey(k.public)
		if err != nil {
			t.Fatal(err)
		}
		made := func(name, kind, origin, rp string, flags byte, cross, stands bool, change func(*passkeyVector)) {
			v := passkeyVector{Name: k.name + ", " + name, Stands: stands, Signed: PAE([]byte("a decision")), Public: public, RPID: "centre.example", Origins: []string{"https://centre.example"}}
			digest, site := sha256.Sum256(v.Signed), sha256.Sum256([]byte(rp))
			v.Client, err = json.Marshal(map[string]any{"type": kind, "challenge": base64.RawURLEncoding.EncodeToString(digest[:]), "origin": origin, "crossOrigin": cross})
			if err != nil {
				t.Fatal(err)
			}
			v.Auth = append(site[:], flags, 0, 0, 0, 7)
			hash := sha256.Sum256(v.Client)
			if v.Sig, err = k.sign(append(append([]byte{}, v.Auth...), hash[:]...)); err != nil {
				t.Fatal(err)
			}
			change(&v)
			all = append(all, v)
		}
		as := func(*passkeyVector) {}
		made("as it should be", "webauthn.get", "https://centre.example", "centre.example", 5, false, true, as)
		made("an enrolment", "webauthn.create", "https://centre.example", "centre.example", 5, false, false, as)
		made("another page", "webauthn.get", "https://elsewhere.example", "centre.example", 5, false, false, as)
		made("a page in a page", "webauthn.get", "https://centre.example", "centre.example", 5, true, false, as)
		made("another site", "webauthn.get", "https://centre.example", "elsewhere.example", 5, false, false, as)
		made("nobody present", "webauthn.get", "https://centre.example", "centre.example", 4, false, false, as)
		made("nobody verified", "webauthn.get", "https://centre.example", "centre.example", 1, false, false, as)
		made("other words", "webauthn.get", "https://centre.example", "centre.example", 5, false, false, func(v *passkeyVector) { v.Signed = PAE([]byte("another")) })
		made("a counter changed", "webauthn.get", "https://centre.example", "centre.example", 5, false, false, func(v *passkeyVector) { v.Auth[36]++ })
		made("a flipped bit", "webauthn.get", "https://centre.example", "centre.example", 5, false, false, func(v *passkeyVector) { v.Sig[len(v.Sig)-1] ^= 1 })
	}
	return all
}
