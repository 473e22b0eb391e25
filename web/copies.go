package web

import (
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"github.com/marchday/marchday/centre"
	"github.com/marchday/marchday/record"
	"github.com/marchday/marchday/truce"
)

// readsAll reports whether the visitor may fetch every entry: the co-chairs,
// the mediator, the centre, and a mirror with its token.
func (v *visit) readsAll() bool {
	if slices.Contains([]truce.Role{truce.CoChair, truce.Mediator, truce.Centre}, v.me.Role) {
		return true
	}
	token, ok := strings.CutPrefix(v.r.Header.Get("Authorization"), "Bearer ")
	return ok && v.s.ofMirror(token)
}

// ofMirror reports whether a token is one that a mirror was given.
func (s *site) ofMirror(token string) bool {
	given, found := truce.DigestOf([]byte(token)), 0
	for _, known := range s.o.Mirrors {
		found |= subtle.ConstantTimeCompare(given[:], known[:])
	}
	return found == 1
}

// keptBlob gives a kept blob to those who copy the record.
func (s *site) keptBlob(v *visit) error {
	if !v.readsAll() {
		return &truce.Error{Kind: truce.Forbidden, Why: v.t.T("problem_why.bundles")}
	}
	v.tlp(truce.TLPAmber)
	var d truce.Digest
	if err := d.UnmarshalText([]byte(v.r.PathValue("digest"))); err != nil {
		return err
	}
	b, err := s.o.Centre.Record().Blob(v.ctx(), d)
	if err != nil {
		return err
	}
	return v.sendFile("application/octet-stream", b)
}

// standing is a receipt and how far it has come.
type standing struct {
	receipt
	Cosigned bool   `json:"cosigned"`         // level 3
	Mirrored bool   `json:"mirrored"`         // level 4
	Signed   string `json:"signed,omitempty"` // the receipt as a note signed by the log
}

// apiReceipt tells how far a statement has come: 1 durable, 2 under a signed
// head, 3 under a jointly signed one, 4 kept by mirrors. Who knows a
// statement's ID holds the statement, so this is for everybody.
func (s *site) apiReceipt(v *visit) (any, error) {
	var id truce.StatementID
	if err := id.UnmarshalText([]byte(v.r.PathValue("id"))); err != nil {
		return nil, err
	}
	return s.standing(v, id)
}

func (s *site) standing(v *visit, id truce.StatementID) (standing, error) {
	x, err := s.o.Centre.Standing(v.ctx(), id)
	if err != nil {
		return standing{}, err
	}
	r := receipt{x.Origin, x.Index, x.ID, truce.Instant(x.RecvAt / 1000), x.Leaf, false, x.Level}
	return standing{r, x.Cosigned, x.Mirrored, string(x.Signed)}, nil
}

// apiHead is a published head.
type apiHead struct {
	Size     int64         `json:"size"`
	Root     truce.Digest  `json:"root"`
	SignedAt truce.Instant `json:"signed_at"`
	Age      int64         `json:"age_seconds"`
	Signers  []string      `json:"signers"`
	Missing  []string      `json:"missing"`
}

func (v *visit) apiHead(h record.Head) *apiHead {
	if h.Note == nil {
		return nil
	}
	at := truce.Instant(h.SignedAt / 1000)
	return &apiHead{h.Size, h.Root, at, int64(v.view.Now() - at), nonNil(h.Signers), nonNil(h.Missing)}
}

// apiHeads are the two published heads, and how each witness and mirror stands.
func (s *site) apiHeads(v *visit) (any, error) {
	signed, joint, err := s.o.Centre.Record().Checkpoint(v.ctx())
	if err != nil {
		return nil, err
	}
	peers, err := s.o.Centre.Peers(v.ctx())
	return struct {
		Size     int64         `json:"size"`
		Signed   *apiHead      `json:"signed"`
		Cosigned *apiHead      `json:"cosigned"`
		Peers    []centre.Peer `json:"peers"`
	}{s.o.Centre.Record().Size(), v.apiHead(signed), v.apiHead(joint), nonNil(peers)}, err
}

// apiDigest is the digest of the whole picture, for those who may read it all:
// a mirror compares it with its own. ?at=N asks for it at that size.
func (s *site) apiDigest(v *visit) (any, error) {
	if !v.readsAll() {
		return nil, &truce.Error{Kind: truce.Forbidden, Why: v.t.T("problem_why.bundles")}
	}
	at, err := number(v.q.Get("at"))
	if err != nil {
		return nil, err
	}
	if v.q.Get("at") == "" {
		at = -1
	}
	return s.o.Centre.Digest(v.ctx(), at)
}

// headsPart is how the two heads stand, in words and as a table.
type headsPart struct {
	Joint   headPart
	Behind  int64         // entries that the joint head does not cover
	Age     time.Duration // of the joint head, when it is behind
	Missing []string      // who has not cosigned the newest head
	Quorum  bool          // the policy asks for others than the log
	Copy    bool          // this is a mirror
	Alarm   []string      // peers that hold another history
	Peers   *Table
}

// heads reads how the two heads stand.
func (v *visit) heads() (headsPart, error) {
	c := v.s.o.Centre
	signed, joint, err := c.Record().Checkpoint(v.ctx())
	if err != nil {
		return headsPart{}, err
	}
	peers, err := c.Peers(v.ctx())
	if err != nil {
		return headsPart{}, err
	}
	p := headsPart{Joint: v.head(joint), Missing: signed.Missing, Quorum: len(peers) > 0, Copy: c.Copy()}
	if signed.Size > joint.Size {
		p.Behind = signed.Size - joint.Size
		if joint.Note != nil {
			p.Age = time.Duration(v.view.Now()-truce.Instant(joint.SignedAt/1000)) * time.Second
		}
	}
	t := v.t
	p.Peers = &Table{ID: "peers", Caption: t.T("heads.peers"), Empty: t.T("heads.no_peers"), Columns: []Column{
		{Key: "name", Label: t.T("col.name")}, {Key: "part", Label: t.T("heads.part")}, {Key: "size", Label: t.T("heads.size")},
		{Key: "seen", Label: t.T("heads.seen")}, {Key: "state", Label: t.T("col.state")},
	}}
	for _, x := range peers {
		part, state := "witness", "good"
		if x.Mirror {
			part = "mirror"
		}
		switch {
		case x.Fork:
			state = "fork_short"
			p.Alarm = append(p.Alarm, x.Name)
		case x.Trouble != "":
			state = "silent"
		case x.Size < signed.Size:
			state = "behind_short"
		}
		p.Peers.Rows = append(p.Peers.Rows, Row{Cells: []Cell{
			{Text: x.Name}, {Text: t.T("heads." + part), Value: part}, {Text: t.Number(x.Size)}, v.instant(x.SeenAt), {Text: t.T("heads." + state), Value: state},
		}})
	}
	return p, nil
}
