package webauthn

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"os"
	"testing"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// TestTheSameAssertionsStand reads the vectors that truce's own test reads.
func TestTheSameAssertionsStand(t *testing.T) {
	b, err := os.ReadFile("../../truce/testdata/passkey.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Name                              string
		Stands                            bool
		Signed, Public, Auth, Client, Sig []byte
		RP                                string `json:"rp_id"`
		Origins                           []string
	}
	if err := json.Unmarshal(b, &all); err != nil || len(all) < 12 {
		t.Fatalf("%d vectors, %v", len(all), err)
	}
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			text := base64.RawURLEncoding.EncodeToString
			digest := sha256.Sum256(v.Signed)
			answer, err := json.Marshal(map[string]any{
				"id": text([]byte("id")), "rawId": text([]byte("id")), "type": "public-key",
				"response": map[string]string{"authenticatorData": text(v.Auth), "clientDataJSON": text(v.Client), "signature": text(v.Sig)},
			})
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
			if err == nil {
				err = parsed.Verify(text(digest[:]), v.RP, "", v.Origins, nil, nil, protocol.TopOriginExplicitVerificationMode, false, true, true, coseOf(t, v.Public), protocol.SignaturePolicy{})
			}
			if (err == nil) != v.Stands {
				t.Errorf("stands: %v, want %v: %v", err == nil, v.Stands, err)
			}
		})
	}
}

// coseOf writes a public key as authenticators do.
func coseOf(t *testing.T, spki []byte) []byte {
	t.Helper()
	public, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		t.Fatal(err)
	}
	var key any
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		key = webauthncose.EC2PublicKeyData{
			PublicKeyData: webauthncose.PublicKeyData{KeyType: int64(webauthncose.EllipticKey), Algorithm: int64(webauthncose.AlgES256)},
			Curve:         1, XCoord: point[1:33], YCoord: point[33:65],
		}
	case ed25519.PublicKey:
		key = webauthncose.OKPPublicKeyData{
			PublicKeyData: webauthncose.PublicKeyData{KeyType: int64(webauthncose.OctetKey), Algorithm: int64(webauthncose.AlgEdDSA)},
			Curve:         6, XCoord: k,
		}
	}
	b, err := webauthncbor.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
