package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/marchday/marchday/intake"
	"github.com/marchday/marchday/picture"
	"github.com/marchday/marchday/truce"
)

// assessOptions are the flags of marchday assess.
type assessOptions struct {
	data, incident string
	dossier, act   string
	office, at     string
	asOf           int64
	json           bool
}

func assessCommand(now func() time.Time) *cobra.Command {
	var o assessOptions
	cmd := &cobra.Command{
		Use:   "assess",
		Short: "Explain what each reading says of an incident, or of an act",
		Long: `Say, for each alleged actor and each co-chair's reading, whether the act breaks a
term: the questions in their order, each premise with the statement that it
rests on, what nobody has signed, and whether the readings agree.

With --data and --incident the act is what the incident's claims allege. With
--dossier and --act it is what a file alleges: a claim as a report carries it, or
a list of claims. --as-of or --at judges as known at an index of the record, or
at a time; a verdict is never stored, so both are computed now.`,
		Example: "  marchday assess --data demo --incident S374@0\n" +
			"  marchday assess --data demo --incident S374@0 --office us --as-of 300\n" +
			"  echo '{\"event\":\"shelling\",\"stance\":\"stated\",\"actors\":[{\"id\":\"x\"}]}' | marchday assess --dossier syria-2016 --act -",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd, now) },
	}
	f := cmd.Flags()
	f.StringVar(&o.data, "data", "", "folder of the centre")
	f.StringVar(&o.incident, "incident", "", "the incident, as pages show it (S374@0) or in full")
	f.StringVar(&o.dossier, "dossier", "", "a built-in dossier's name, or a folder")
	f.StringVar(&o.act, "act", "", "file of the claims that allege the act; - is standard input")
	f.StringVar(&o.office, "office", "", "explain the reading of this office only")
	f.StringVar(&o.at, "at", "", "as known at this time: 2016-05-06T12:00 in the regime's zone, or with an offset")
	f.Int64Var(&o.asOf, "as-of", -1, "as known at this index of the record, the last entry that counts")
	f.BoolVar(&o.json, "json", false, "print JSON")
	cmd.MarkFlagsMutuallyExclusive("data", "dossier")
	cmd.MarkFlagsMutuallyExclusive("at", "as-of")
	return cmd
}

// assessed is what is known about the acts that are judged.
type assessed struct {
	Incident string        `json:"incident,omitempty"`
	N        int64         `json:"n"` // as known at this index
	Acts     []assessedAct `json:"acts"`
	reg      *truce.Regime
	offices  []truce.Office
	index    map[truce.StatementID]int64
	zone     truce.Zone
}

// assessedAct is one alleged act with each reading's verdict.
type assessedAct struct {
	Act       truce.Act       `json:"act"`
	Verdicts  []truce.Verdict `json:"verdicts"`
	Agreement truce.Agreement `json:"agreement"` // over all co-chairs, also where one was asked for
}

func (o *assessOptions) run(cmd *cobra.Command, now func() time.Time) error {
	var a *assessed
	var err error
	switch {
	case o.data != "" && o.incident != "":
		a, err = o.ofIncident(cmd, now)
	case o.dossier != "" && o.act != "":
		a, err = o.ofAct(cmd.InOrStdin())
	default:
		return usagef("say what is assessed: --data DIR --incident S374@0, or --dossier NAME --act FILE")
	}
	if err != nil {
		return err
	}
	if o.office != "" && !slices.ContainsFunc(a.offices, func(x truce.Office) bool { return string(x.ID) == o.office }) {
		return usagef("--office: %q is no co-chair of this regime", o.office)
	}
	if o.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(a)
	}
	e := explainer{w: cmd.OutOrStdout(), of: a, office: truce.OfficeID(o.office)}
	e.all()
	return e.err
}

// judge gives the acts their verdicts, as known at the index.
func (a *assessed) judge(acts []truce.Act, only truce.OfficeID) {
	a.Acts = make([]assessedAct, len(acts))
	for i, act := range acts {
		var all []truce.Verdict
		for _, o := range a.offices {
			all = append(all, truce.Assess(a.reg, act, o.ID, a.N))
		}
		a.Acts[i] = assessedAct{Act: act, Agreement: truce.Agree(all)}
		for _, v := range all {
			if only == "" || v.Office == only {
				a.Acts[i].Verdicts = append(a.Acts[i].Verdicts, v)
			}
		}
	}
}

// ofIncident opens the centre as known at the index.
func (o *assessOptions) ofIncident(cmd *cobra.Command, now func() time.Time) (a *assessed, err error) {
	k, err := openKnown(cmd.Context(), o.data, now, o.at, o.asOf)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, k.centre.Close()) }()
	inc, err := incidentNamed(cmd.Context(), k.view, o.incident)
	if err != nil {
		return nil, err
	}
	return k.assess(cmd.Context(), inc, truce.OfficeID(o.office))
}

// assess takes the act from the incident's claims up to the index.
func (k known) assess(ctx context.Context, inc picture.Incident, only truce.OfficeID) (*assessed, error) {
	a := &assessed{Incident: inc.ID.Display(inc.Index), N: k.n, index: map[truce.StatementID]int64{}, zone: k.house.Procedure.Zone, offices: k.house.CoChairs()}
	claims, err := k.view.Claims(ctx, inc.ID)
	if err != nil {
		return nil, err
	}
	var told []*truce.Claim
	for _, c := range claims {
		if c.Index <= k.n {
			c.Claim.Ref = c.Ref
			told = append(told, &c.Claim)
		}
	}
	if len(told) == 0 {
		return nil, usagef("--as-of: nothing was known of %s at index %d: its first claim is at %d", a.Incident, k.n, inc.Index)
	}
	if a.reg, err = k.view.Regime(ctx); err != nil {
		return nil, err
	}
	all, err := k.view.Statements(ctx, picture.StatementFilter{Oldest: true, Limit: math.MaxInt32})
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		a.index[s.ID] = s.Index
	}
	a.judge(truce.ActOf(told), only)
	return a, nil
}

// ofAct takes the act from a file, and the terms from a dossier that is read
// and not played: nothing is signed and nothing stored.
func (o *assessOptions) ofAct(in io.Reader) (*assessed, error) {
	files, err := dossierFS(o.dossier)
	if err != nil {
		return nil, err
	}
	a := &assessed{reg: truce.NewRegime(), index: map[truce.StatementID]int64{}, N: -1}
	f, _, err := founding(files)
	if err != nil {
		return nil, err
	}
	a.zone = f.Procedure.Zone
	for _, x := range f.Offices {
		if x.Role == truce.CoChair {
			a.offices = append(a.offices, x)
		}
	}
	until := truce.Instant(0)
	if o.at != "" {
		if until, err = timeIn(a.zone, o.at); err != nil {
			return nil, usagef("--at: %w", err)
		}
	}
	var names intake.Names
	lookup := names.Lookup(func(truce.ClaimRef) (truce.StatementID, error) { return truce.StatementID{}, nil })
	index := int64(-1)
	for l, err := range intake.Dossier(files) {
		if err != nil {
			return nil, err
		}
		if until != 0 && l.Received > until || o.asOf >= 0 && index == o.asOf {
			break
		}
		index++
		id := truce.DigestOf([]byte("dossier line/" + l.Name))
		a.index[id] = index
		if !ofRegime(l.Kind) {
			names.Add(l.Name, id, index, nil)
			continue
		}
		body, err := l.Resolve(lookup)
		if err != nil {
			return nil, err
		}
		names.Add(l.Name, id, index, body)
		a.reg.Take(index, l.Received, id, l.Office, truce.Statement{Office: l.Office, MadeAt: l.MadeAt, Body: body})
	}
	a.N = index
	claims, err := readClaims(in, o.act)
	if err != nil {
		return nil, err
	}
	a.judge(truce.ActOf(claims), truce.OfficeID(o.office))
	if len(a.Acts) == 0 {
		return nil, usagef("--act: nothing is alleged in it: a denial, plan, wish or background is no act")
	}
	return a, nil
}

// ofRegime reports whether the regime takes statements of a kind in.
func ofRegime(k truce.Kind) bool {
	info, _ := truce.InfoOf(k)
	return info.Group == truce.GroupRegime || slices.Contains([]truce.Kind{"founding", "control", "concurrence", "statement-withdrawal"}, k)
}

const maxAct = 1 << 20

// readClaims reads one claim, or a list, as strictly as a report's.
func readClaims(in io.Reader, name string) ([]*truce.Claim, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usagef("--act: %w", err)
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, maxAct))
	if err != nil {
		return nil, err
	}
	var claims []truce.Claim
	if err := truce.ReadJSON(b, &claims); err != nil {
		var one truce.Claim
		if err := truce.ReadJSON(b, &one); err != nil {
			return nil, usagef("--act: %s: %w", name, err)
		}
		claims = []truce.Claim{one}
	}
	if len(claims) == 0 {
		return nil, usagef("--act: %s holds no claim", name)
	}
	id, tree := truce.DigestOf(b), truce.NewTree(truce.Taxonomy())
	all := make([]*truce.Claim, len(claims))
	for i := range claims {
		all[i] = &claims[i]
		claims[i].Stance = cmp.Or(claims[i].Stance, truce.Stated)
		claims[i].Ref = truce.ClaimRef{Statement: id, At: uint32(i), Family: claims[i].Event}
		if err := claims[i].Validate(tree); err != nil {
			return nil, usagef("--act: claim %d: %w", i, err)
		}
	}
	return all, nil
}
