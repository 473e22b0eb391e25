package link

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"

	"github.com/marchday/marchday/truce"
)

// The fields that are compared, in the order in which an explanation shows
// them.
const (
	fPlace = iota
	fTime
	fHour
	fCame
	fAct
	fWeapon
	fObject
	fBy
	fAgainst
	fKilled
	fWounded
	fVictims
	fConcepts
	nFields
)

// missing is the level of a comparison of which one side does not know: its
// weight is nothing.
const missing = 15

// field names a comparison and its levels. A group is the levels that what the
// two claims state leaves open: its probabilities add up to one. A run is levels
// of a group, best first, of which none may weigh more than one before it.
type field struct {
	name   string
	levels []string
	groups []int // lengths
	runs   []int
}

// comparisons is the table of fields, made once: explaining reads it often.
var comparisons = fields()

// fields returns the table of comparisons.
func fields() [nFields]field {
	return [nFields]field{
		fPlace: {"place", []string{
			"same place, very near", "same place, near", "same place, not far", "same place, farther", "same place, far", "same place, too far",
			"same place, vaguely near", "same place, vaguely far",
			"near", "not far", "far", "elsewhere",
			"same place", "same district", "other place",
		}, []int{12, 3}, []int{6, 2, 4, 3}},
		fTime: {"time", []string{
			"same time", "near in time", "not far in time", "apart", "farther apart", "far apart", "a day apart to the hour", "a day apart",
			"same weekday", "other weekday",
		}, []int{8, 2}, []int{6, 2, 2}},
		fCame:    {"came", []string{"came the same day", "came a day apart", "came days apart", "came a week apart", "came long apart"}, []int{5}, []int{5}},
		fHour:    {"hour", []string{"same part of the day", "next part of the day", "other part of the day"}, []int{3}, []int{3}},
		fAct:     {"act", []string{"same act", "same kind of act", "akin", "other act"}, []int{4}, []int{4}},
		fWeapon:  {"weapon", []string{"same weapon", "compatible", "other weapon"}, []int{3}, []int{3}},
		fObject:  {"object", []string{"same target", "compatible", "other target"}, []int{3}, []int{3}},
		fBy:      {"by", []string{"same accused", "accused named in part", "others accused"}, []int{3}, []int{3}},
		fAgainst: {"against", []string{"same side hit", "side named in part", "other side hit"}, []int{3}, []int{3}},
		fKilled:  {"killed", []string{"same toll", "tolls overlap", "tolls near", "tolls apart", "tolls differ"}, []int{5}, []int{5}},
		fWounded: {"wounded", []string{"same figure", "figures overlap", "figures near", "figures apart", "figures differ"}, []int{5}, []int{5}},
		fVictims: {"victims", []string{"two names shared", "a name shared", "no name shared"}, []int{3}, []int{3}},
		fConcepts: {"concepts", []string{
			"16 bits of words shared", "13 bits of words shared", "10 bits of words shared", "8 bits of words shared", "7 bits of words shared",
			"6 bits of words shared", "5 bits of words shared", "4 bits of words shared", "3 bits of words shared", "2 bits of words shared",
			"a bit of words shared", "no words shared",
		}, []int{12}, []int{12}},
	}
}

// Model is the numbers that decide: weights in thousandths of a bit, windows,
// thresholds. It is data, named by its digest in a method statement; none of
// its numbers belongs to a party, an office or an outlet.
type Model struct {
	Version int                         `json:"version"`
	Name    string                      `json:"name"`
	Made    string                      `json:"made,omitempty"` // from what, by what command
	Auto    int32                       `json:"auto"`           // join at this mean weight
	Review  int32                       `json:"review"`         // join provisionally, for a person to look at
	Merge   int32                       `json:"merge"`          // two incidents are one above this
	Gain    int32                       `json:"gain"`           // a repair below this is not worth a change of picture
	Mates   int32                       `json:"mates"`          // thousandths: mean number of other claims on a claim's incident
	Crowd   int32                       `json:"crowd"`          // thousandths: bits that a doubling of the claims about costs
	Weights map[string]map[string]int32 `json:"weights"`        // field -> level -> weight
}

//go:embed model.json
var defaultModel []byte

const maxModelBytes = 64 << 10

// DefaultModel returns the model that ships with this engine.
func DefaultModel() Model {
	m, err := LoadModel(bytes.NewReader(defaultModel))
	if err != nil {
		panic("link: the shipped model is broken: " + err.Error())
	}
	return m
}

// LoadModel reads a model file. It refuses unknown names, a level without a
// weight, and weights over 20 bits.
func LoadModel(r io.Reader) (Model, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxModelBytes+1))
	if err != nil {
		return Model{}, fmt.Errorf("read model: %w", err)
	}
	if len(b) > maxModelBytes {
		return Model{}, bad("", "a model is at most %d bytes", maxModelBytes)
	}
	var m Model
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return Model{}, bad("", "not a model: %v", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Model{}, bad("", "something follows the model: remove it")
	}
	_, err = m.compile()
	return m, err
}

// Encode writes the model as it is digested and named.
func (m Model) Encode() []byte {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		panic("link: a model is plain data: " + err.Error())
	}
	return append(b, '\n')
}

// Digest names the model.
func (m Model) Digest() truce.Digest { return truce.DigestOf(m.Encode()) }

// weights holds, per field and level, thousandths of a bit; the level missing
// weighs nothing.
type weights [nFields][16]int32

const (
	modelVersion = 1
	maxWeight    = 20_000
	minCrowd     = 300
	maxCrowd     = 1_500
)

// compile returns the weights in the order of the table.
func (m Model) compile() (weights, error) {
	var w weights
	if m.Version != modelVersion {
		return w, bad("version", "this engine reads model version %d, not %d", modelVersion, m.Version)
	}
	if m.Crowd < minCrowd || m.Crowd > maxCrowd {
		return w, bad("crowd", "is %d to %d thousandths", minCrowd, maxCrowd)
	}
	if m.Review > m.Auto || m.Merge < m.Auto || m.Gain < 0 || m.Mates <= 0 || m.Mates > 1_000_000 {
		return w, bad("auto", "thresholds stand in the order review, auto, merge; gain is not below zero; mates is 1 to 1000000")
	}
	table := fields()
	known := 0
	for f, field := range table {
		levels, ok := m.Weights[field.name]
		if !ok {
			return w, bad("weights."+field.name, "is not there")
		}
		known++
		for l, name := range field.levels {
			v, ok := levels[name]
			if !ok || v > maxWeight || v < -maxWeight {
				return w, bad("weights."+field.name+"."+name, "give a weight from %d to %d", -maxWeight, maxWeight)
			}
			w[f][l] = v
		}
		if len(levels) != len(field.levels) {
			return w, bad("weights."+field.name, "has %d levels, not %d", len(levels), len(field.levels))
		}
	}
	if known != len(m.Weights) {
		return w, bad("weights", "has %d fields, not %d", len(m.Weights), known)
	}
	return w, nil
}

// bad returns the domain's refusal.
func bad(name, format string, args ...any) error {
	return &truce.Error{Kind: truce.Invalid, Field: name, Why: fmt.Sprintf(format, args...)}
}

// Levels returns the names of all levels of all comparisons, as reasons state
// them.
func Levels() []string {
	var all []string
	for _, f := range fields() {
		all = append(all, f.levels...)
	}
	return all
}
