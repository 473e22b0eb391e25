package vault

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// contents is what testdata/payload.json says of testdata/payload.hex.
type contents struct {
	Commitment string            `json:"commitment"`
	Secret     map[string]string `json:"secret"`
}

func readPayload(t *testing.T) (plain []byte, says contents) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "payload.hex"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err = hex.DecodeString(strings.Join(strings.Fields(string(text)), "")); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join("testdata", "payload.json"))
	if err == nil {
		err = json.Unmarshal(b, &says)
	}
	if err != nil {
		t.Fatal(err)
	}
	return plain, says
}

// The payload of a seal is as docs/format/vault.md has it, and stays so.
func TestThePayloadIsAsItWas(t *testing.T) {
	plain, says := readPayload(t)
	secret, err := unpad(plain[commitKey:])
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]string
	if err := json.Unmarshal(secret, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(says.Secret, got); diff != "" {
		t.Error(diff)
	}
	c := commit(plain[:commitKey], plain[commitKey:])
	if hex.EncodeToString(c[:]) != says.Commitment {
		t.Errorf("commitment %x, want %s", c, says.Commitment)
	}
	if again, err := pad(secret); err != nil || !bytes.Equal(again, plain[commitKey:]) {
		t.Errorf("the same secret is padded otherwise: %v", err)
	}
}

func TestASecondDecoderReadsThePayload(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("SKIPPED, not proved: no node here for the second decoder")
	}
	out, err := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "decode.mjs"), "testdata").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_, want := readPayload(t)
	var got contents
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the second decoder differs:\n%s", diff)
	}
}
