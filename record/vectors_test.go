package record

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The vectors here are others' and published. Sources: the tests of
// golang.org/x/mod/sumdb/note (BSD 3-clause), of
// github.com/transparency-dev/formats/log (Apache 2.0) and the constants of
// github.com/transparency-dev/merkle/testonly (Apache 2.0), which are those of
// Certificate Transparency's RFC 6962. No module publishes a cosignature/v1 with
// the key that it was made with: tools/fsck compares ours with Tessera's client.

// TestPublishedNotes signs and opens a note of golang.org/x/mod, and a checkpoint
// that sum.golang.org signed.
func TestPublishedNotes(t *testing.T) {
	const vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
	const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
	const signed = text + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
	seed, err := base64.StdEncoding.DecodeString("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")
	if err != nil {
		t.Fatal(err)
	}
	s, err := newNoteSigner("PeterNeumann", ed25519.NewKeyFromSeed(seed[1:]))
	if err != nil {
		t.Fatal(err)
	}
	if s.vkey() != vkey || s.KeyHash() != 0xc74f20a3 {
		t.Errorf("the key is written %s (%08x), want %s", s.vkey(), s.KeyHash(), vkey)
	}
	if got, err := note.Sign(&note.Note{Text: text}, s); err != nil || string(got) != signed {
		t.Errorf("the note is signed %q (%v)", got, err)
	}

	const sum = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
	const checkpoint = "go.sum database tree\n6476701\nmb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=\n\n" +
		"— sum.golang.org Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=\n"
	p, err := ParsePolicy("log " + sum + "\nquorum none\n")
	if err != nil {
		t.Fatal(err)
	}
	read := func(msg []byte) (c log.Checkpoint, err error) {
		n, err := openNote(msg, true, p.verifiers()...)
		if err != nil {
			return c, err
		}
		return parseCheckpoint(n.Text)
	}
	c, err := read([]byte(checkpoint))
	if err != nil || c.Origin != "go.sum database tree" || c.Size != 6476701 || base64.StdEncoding.EncodeToString(c.Hash) != "mb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=" {
		t.Errorf("the checkpoint of sum.golang.org reads as %+v: %v", c, err)
	}
	if _, err := p.Open([]byte(checkpoint), ""); err == nil { // we want the key to have the origin's name, as C2SP recommends
		t.Error("a log's checkpoint under a key of another name is taken")
	}
	for i := range checkpoint { // no changed byte passes
		b := []byte(checkpoint)
		b[i] ^= 1
		if _, err := read(b); err == nil {
			t.Errorf("changed at byte %d it passes", i)
		}
	}
}

// TestPublishedKeys reads the keys that golang.org/x/mod takes and refuses those
// that it refuses, and a witness's key that is in use.
func TestPublishedKeys(t *testing.T) {
	const good = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
	read := func(vkey string) error { _, err := ParsePolicy("log " + vkey + "\nquorum none\n"); return err }
	if err := read(good); err != nil {
		t.Error(err)
	}
	bad := []string{
		"PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==", "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"rekor.sigstore.dev+12345678+THIS_IS_NOT_BASE64!", "rekor.sigstore.dev+12345678+AwEB",
	}
	for i := range good {
		bad = append(bad, good[i+1:], good[:i]+string(good[i]+1)+good[i+1:])
	}
	for _, vkey := range bad {
		if read(vkey) == nil {
			t.Errorf("%q is taken for a key", vkey)
		}
	}
	const remora = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
	if _, err := ParsePolicy("log " + good + "\nwitness remora " + remora + "\nquorum remora\n"); err != nil {
		t.Errorf("a witness's key: %v", err)
	}
	raw, err := base64.StdEncoding.DecodeString(remora[strings.LastIndex(remora, "+")+1:])
	if err != nil || CosignerKey("remora.n621.de", raw[1:]) != remora {
		t.Errorf("a witness's key is written %s (%v)", CosignerKey("remora.n621.de", raw[1:]), err)
	}
}

// TestPublishedTree grows the tree of RFC 6962's eight leaves at our edge: the
// leaves' hashes and the root of each size. The last two leaves are long enough to
// be entries of ours.
func TestPublishedTree(t *testing.T) {
	leaves := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	hashes := []string{
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
		"0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7", "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
		"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
		"b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f", "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
	}
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	if got := hex.EncodeToString(emptyRoot()); got != roots[0] {
		t.Errorf("the root of nothing is %s", got)
	}
	var e edge
	for i, text := range leaves {
		data, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		leaf := tlog.RecordHash(data)
		if len(data) >= 8 {
			at, body := int64(0), data[8:]
			for _, b := range data[:8] {
				at = at<<8 | int64(b)
			}
			leaf = leafHash(at, body)
		}
		if got := hex.EncodeToString(leaf[:]); got != hashes[i] {
			t.Errorf("leaf %d has hash %s, want %s", i, got, hashes[i])
		}
		if _, err := e.grow(leaf); err != nil {
			t.Fatal(err)
		}
		root, err := e.root()
		if got := hex.EncodeToString(root[:]); err != nil || got != roots[i+1] {
			t.Errorf("the root of %d leaves is %s (%v), want %s", i+1, got, err, roots[i+1])
		}
	}
}

// TestPublishedTilePaths has the path that C2SP tlog-tiles gives for an index.
func TestPublishedTilePaths(t *testing.T) {
	for want, tile := range map[string]tlog.Tile{
		"tile/0/x001/x234/067":             {H: 8, L: 0, N: 1234067, W: 256},
		"tile/0/x001/x234/067.p/8":         {H: 8, L: 0, N: 1234067, W: 8},
		"tile/entries/x001/x234/067":       {H: 8, L: -1, N: 1234067, W: 256},
		"tile/entries/x001/x234/067.p/255": {H: 8, L: -1, N: 1234067, W: 255},
	} {
		if got := tilePath(tile); got != want {
			t.Errorf("%+v lies at %s, want %s", tile, got, want)
		}
		if got, err := parseTilePath(want); err != nil || got != tile {
			t.Errorf("%s reads as %+v: %v", want, got, err)
		}
	}
}
