package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/marchday/marchday/truce"
)

// sayLine makes the statement of an office's line and has it said.
func (p *scenario) sayLine(l *line) (truce.StatementID, error) {
	body, label, err := p.body(l)
	if err != nil {
		return truce.StatementID{}, err
	}
	id, err := p.stage.say(l.office, p.now, body)
	if err != nil {
		return id, err
	}
	if label != "" {
		p.said[label] = id
		p.saidAt[label], _ = p.stage.book().IndexOf(id)
		switch b := body.(type) {
		case *truce.Report:
			if len(b.Claims) == 0 {
				return id, p.nameRead(label, p.saidAt[label])
			}
			p.claims[label] = truce.ClaimRef{Statement: id, Family: b.Claims[0].Event}
		case *truce.Observation:
			p.claims[label] = truce.ClaimRef{Statement: id, Family: "observed_explosion"}
		}
	}
	return id, nil
}

// body makes what a line says, and the label under which it is known after.
func (p *scenario) body(l *line) (truce.Body, string, error) {
	switch l.verb {
	case "instrument", "actor", "member", "accepts", "withdraws", "excludes", "term", "span", "covers", "reads", "holds":
		return p.regimeBody(l)
	case "tells":
		return p.tells(l)
	case "talks":
		return p.talks(l)
	case "claims", "observes", "same", "different", "calls":
		return p.intakeBody(l)
	}
	return p.docketBody(l)
}

func (p *scenario) regimeBody(l *line) (truce.Body, string, error) {
	w, err := l.need(1, "an id")
	if err != nil {
		return nil, "", err
	}
	id, says := w[0], l.one("says")
	if says == "" {
		says = string(l.office)
	}
	when, err := p.when(l, "from", "until")
	if err != nil {
		return nil, "", err
	}
	actor := truce.ActorID(id)
	switch l.verb {
	case "instrument":
		return &truce.Instrument{ID: truce.InstrumentID(id), Name: words(id)}, id, nil
	case "actor":
		sort := "armed-group"
		if len(w) > 1 {
			sort = w[1]
		}
		return &truce.Actor{ID: actor, Name: words(id), Sort: sort, Parent: truce.ActorID(l.one("of"))}, id, nil
	case "member":
		if len(w) < 2 {
			return nil, "", fmt.Errorf("member needs an actor and a coalition")
		}
		return &truce.Membership{Actor: actor, Coalition: truce.ActorID(w[1]), When: when, Left: l.has("left"), ClaimedBy: says}, id + "@" + w[1], nil
	case "accepts":
		told := truce.Unsure
		if l.has("notified") {
			told = truce.Yes
		} else if l.has("not-notified") {
			told = truce.No
		}
		return &truce.Acceptance{Actor: actor, Under: p.instrument(), When: when, Notified: told, ClaimedBy: says, Doubtful: l.has("doubtful")}, "accepts-" + id, nil
	case "withdraws":
		return &truce.Withdrawal{Actor: actor, Under: p.instrument(), When: when, ClaimedBy: says, Suspends: l.has("suspends")}, "withdraws-" + id, nil
	case "excludes":
		by := l.one("by")
		if by == "" {
			by = says
		}
		return &truce.Designation{Actor: actor, By: by, When: when}, "excludes-" + id, nil
	case "term":
		return p.term(l, when)
	case "span":
		return p.span(l, when, says)
	case "reads":
		return p.reading(l, when)
	}
	area, err := p.area(l)
	if err != nil {
		return nil, "", err
	}
	if l.verb == "covers" {
		return &truce.Coverage{Span: truce.SpanID(id), Area: area, ClaimedBy: says, When: when}, "covers-" + id, nil
	}
	return &truce.Control{Area: area, Actor: actor, When: when, ClaimedBy: says}, "", nil
}

// instrument is the newest instrument: what is accepted where none is named.
func (p *scenario) instrument() truce.InstrumentID {
	all := p.stage.book().Rules().Instruments(p.stage.book().Next())
	if len(all) == 0 {
		return "none"
	}
	return all[len(all)-1].Body.ID
}

func (p *scenario) term(l *line, when truce.When) (truce.Body, string, error) {
	w, err := l.need(2, "an id and prohibits, obliges, permits or exempts")
	if err != nil {
		return nil, "", err
	}
	modality, ok := map[string]truce.Modality{"prohibits": truce.Prohibit, "obliges": truce.Oblige, "permits": truce.Permit, "exempts": truce.Exempt}[w[1]]
	if !ok {
		return nil, "", fmt.Errorf("%q: a term prohibits, obliges, permits or exempts", w[1])
	}
	area, err := p.area(l)
	if err != nil {
		return nil, "", err
	}
	t := &truce.Term{
		ID: truce.TermID(w[0]), Instrument: p.instrument(), Summary: words(w[0]), Modality: modality, Acts: w[2:],
		Weapons: l.clauses["weapons"], DutyBearers: actors(l.clauses["binds"]), Beneficiaries: actors(l.clauses["protects"]),
		Area: area, Span: l.one("during"), When: when, Conditions: l.clauses["needs"], Beside: l.clauses["beside"],
	}
	mode := ""
	for i, word := range l.clauses["unless"] {
		switch {
		case word == "" || i == 0:
			t.Exceptions = append(t.Exceptions, truce.Exception{Premises: []string{}})
			mode = "term"
			if word != "" {
				t.Exceptions[0].Term = truce.TermID(word)
			}
		case word == "if" || word == "against":
			mode = word
		case mode == "term":
			t.Exceptions[len(t.Exceptions)-1].Term = truce.TermID(word)
		case mode == "if":
			e := &t.Exceptions[len(t.Exceptions)-1]
			e.Premises = append(e.Premises, word)
		case mode == "against":
			t.Exceptions[len(t.Exceptions)-1].Target = truce.ActorID(word)
		}
	}
	return t, w[0], nil
}

func actors(names []string) []truce.ActorID {
	var all []truce.ActorID
	for _, n := range names {
		if n != "" {
			all = append(all, truce.ActorID(n))
		}
	}
	return all
}

func (p *scenario) span(l *line, when truce.When, says string) (truce.Body, string, error) {
	w, err := l.need(2, "an id and cessation, calm, local or pause")
	if err != nil {
		return nil, "", err
	}
	area, err := p.area(l)
	if err != nil {
		return nil, "", err
	}
	act := "announced"
	if len(w) > 2 {
		act = w[2]
	}
	s := &truce.TruceSpan{
		ID: truce.SpanID(w[0]), Sort: w[1], Parent: truce.SpanID(l.one("in")), Area: area, When: when,
		ClaimedBy: says, Act: act, Extends: truce.SpanID(l.one("extends")),
	}
	if end := l.clauses["end"]; len(end) == 2 {
		if s.EndFrom.From, err = p.time(end[0]); err != nil {
			return nil, "", err
		}
		if s.EndFrom.To, err = p.time(end[1]); err != nil {
			return nil, "", err
		}
	}
	return s, w[0], nil
}

func (p *scenario) reading(l *line, when truce.When) (truce.Body, string, error) {
	w, err := l.need(2, "span, coverage, actor or term, and its id")
	if err != nil {
		return nil, "", err
	}
	area, err := p.area(l)
	if err != nil {
		return nil, "", err
	}
	valid, err := p.when(l, "valid-from", "valid-until")
	if err != nil {
		return nil, "", err
	}
	r := &truce.Reading{
		ID: l.one("as"), About: w[0], Area: area, When: when, Validity: valid, Adopts: truce.SpanID(l.one("adopts")),
		NeedsNotice: l.has("notice"), Requires: l.clauses["requires"], Acts: l.clauses["also"], Supersedes: l.one("supersedes"), Illustration: true,
	}
	if r.ID == "" {
		r.ID = w[0] + "-" + w[1]
	}
	switch w[0] {
	case "span", "coverage":
		r.Span = truce.SpanID(w[1])
	case "term":
		r.Term = truce.TermID(w[1])
	case "actor":
		r.Actor = truce.ActorID(w[1])
		if len(w) > 2 {
			r.Status = w[2]
		}
	}
	r.Premises = premises(l)
	return r, string(l.office) + "/" + r.ID, nil
}

func premises(l *line) []truce.Premise {
	var all []truce.Premise
	for _, holds := range []bool{true, false} {
		clause := "denies"
		if holds {
			clause = "signs"
		}
		for _, name := range l.clauses[clause] {
			all = append(all, truce.Premise{Name: name, Holds: holds})
		}
	}
	return all
}

func (p *scenario) intakeBody(l *line) (truce.Body, string, error) {
	switch l.verb {
	case "claims":
		c, err := p.claim(l)
		if err != nil {
			return nil, "", err
		}
		publisher := l.one("publisher")
		if publisher == "" {
			publisher = string(l.office)
		}
		return &truce.Report{Channel: "dataset", Publisher: publisher, Claims: []truce.Claim{c}, Date: p.now, External: l.words[0], Marking: truce.Marking(l.one("marking"))}, l.words[0], nil
	case "observes":
		return p.observation(l)
	case "calls":
		w, err := l.need(1, "whom")
		if err != nil {
			return nil, "", err
		}
		return &truce.Call{To: truce.ActorID(w[0]), Case: p.said[l.one("about")], Asked: p.now, Answer: l.one("answer")}, "", nil
	}
	var refs []truce.ClaimRef
	for _, n := range l.words {
		r, ok := p.claims[n]
		if !ok {
			return nil, "", fmt.Errorf("no claim is called %q", n)
		}
		refs = append(refs, r)
	}
	why := strings.Join(l.clauses["because"], " ")
	if l.verb == "same" {
		return &truce.Same{Claims: refs, Why: why}, "same-" + strings.Join(l.words, "-"), nil
	}
	return &truce.Different{Claims: refs, Why: why, Response: l.has("response")}, "different-" + strings.Join(l.words, "-"), nil
}

func (p *scenario) claim(l *line) (truce.Claim, error) {
	w, err := l.need(2, "a name and what happened")
	if err != nil {
		return truce.Claim{}, err
	}
	c := truce.Claim{
		Event: w[1], Form: truce.Form(l.one("form")), Stance: truce.Stance(l.one("stance")), Lineage: l.one("lineage"),
		Object: l.one("hit"), Side: truce.Side(l.one("side")), Premises: premises(l),
	}
	if c.Stance == "" {
		c.Stance = truce.Stated
	}
	if s := l.one("says"); s != "" {
		c.Sources = []truce.Source{{Ref: truce.Ref{ID: s}}}
	}
	c.Actors, c.Targets, c.Weapons = refs(l.clauses["by"]), refs(l.clauses["against"]), refs(l.clauses["with"])
	for _, name := range l.clauses["in"] {
		at, ok := p.places[name]
		if !ok {
			return c, fmt.Errorf("no place is called %q: name it with a place line", name)
		}
		c.Where = append(c.Where, at)
	}
	if c.When, err = p.whenOf(l.clauses["when"]); err != nil {
		return c, err
	}
	for _, kind := range []truce.CasualtyKind{truce.Killed, truce.Wounded} {
		for _, f := range l.clauses[string(kind)] {
			k, err := figureOf(kind, f)
			if err != nil {
				return c, err
			}
			k.Who, k.Status, k.Scope, k.Own, k.Part = l.one("who"), l.one("status"), l.one("scope"), l.has("own"), l.has("part")
			c.Casualties = append(c.Casualties, k)
		}
	}
	for _, n := range l.clauses["about"] {
		r, ok := p.claims[n]
		if !ok {
			return c, fmt.Errorf("no claim is called %q", n)
		}
		c.About = append(c.About, r)
	}
	return c, nil
}

func refs(ids []string) []truce.Ref {
	var all []truce.Ref
	for _, id := range ids {
		all = append(all, truce.Ref{ID: id})
	}
	return all
}

// figureOf reads 7, 7+ (at least), -7 (up to), ~20 (about), 5-7, 24-99h (hedged).
func figureOf(kind truce.CasualtyKind, s string) (truce.Casualty, error) {
	c := truce.Casualty{Kind: kind, Text: s, Qual: "exact"}
	num := func(s string) (int32, error) {
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil || n < 0 {
			return 0, fmt.Errorf("%q is no figure: write 7, 7+, -7, ~20, 5-7 or 24-99h", c.Text)
		}
		return int32(n), nil
	}
	var err error
	low, high, isRange := strings.Cut(s, "-")
	switch {
	case strings.HasPrefix(s, "-"):
		c.Qual, c.Low = "up-to", truce.Open
		c.High, err = num(s[1:])
	case strings.HasPrefix(s, "~"):
		var n int32
		n, err = num(s[1:])
		c.Qual, c.Low, c.High = "about", (n*9+9)/10, n*11/10
	case strings.HasSuffix(s, "+"):
		c.Qual, c.High = "at-least", truce.Open
		c.Low, err = num(strings.TrimSuffix(s, "+"))
	case isRange:
		c.Qual = "range"
		if h, ok := strings.CutSuffix(high, "h"); ok {
			c.Qual, high = "hedge", h
		}
		if c.Low, err = num(low); err == nil {
			c.High, err = num(high)
		}
	default:
		c.Low, err = num(s)
		c.High = c.Low
	}
	return c, err
}

func (p *scenario) observation(l *line) (truce.Body, string, error) {
	w, err := l.need(2, "a name and a sort")
	if err != nil {
		return nil, "", err
	}
	at, ok := p.places[l.one("from")]
	if !ok {
		return nil, "", fmt.Errorf("an observation is made from a place that has a point")
	}
	o := &truce.Observation{Position: at, Means: "heard", Sort: w[1]}
	if o.When, err = p.whenOf(l.clauses["when"]); err != nil {
		return nil, "", err
	}
	var nums [5]int32
	for i, f := range []string{l.one("count"), l.one("bearing"), l.one("half"), l.one("range"), second(l.clauses["range"])} {
		if f == "" {
			continue
		}
		n, err := strconv.ParseInt(f, 10, 32)
		if err != nil {
			return nil, "", err
		}
		nums[i] = int32(n)
	}
	o.Count = nums[0]
	if at.Point != nil {
		o.Sector = &truce.Sector{From: *at.Point, BearingTenths: nums[1], HalfTenths: nums[2], RangeMinMetres: nums[3], RangeMaxMetres: nums[4]}
	}
	return o, w[0], nil
}

func second(w []string) string {
	if len(w) < 2 {
		return ""
	}
	return w[1]
}

// when reads a start and an end, each where the line states it.
func (p *scenario) when(l *line, from, until string) (w truce.When, err error) {
	if s := l.one(from); s != "" {
		if w.From, err = p.time(s); err != nil {
			return w, err
		}
	}
	if s := l.one(until); s != "" {
		if w.To, err = p.time(s); err != nil {
			return w, err
		}
	}
	return w, nil
}

// whenOf reads one time, to the minute, one whole day, or two times.
func (p *scenario) whenOf(s []string) (w truce.When, err error) {
	if len(s) == 0 {
		return w, nil
	}
	if day, derr := time.Parse(time.DateOnly, s[0]); derr == nil && len(s) == 1 {
		w.Precision = truce.ToDay
		if w.From, err = p.time(s[0] + "T00:00"); err == nil {
			w.To, err = p.time(day.AddDate(0, 0, 1).Format(time.DateOnly) + "T00:00")
		}
		return w, err
	}
	w.Precision = truce.ToMinute
	if w.From, err = p.time(s[0]); err != nil || len(s) == 1 {
		return w, err
	}
	w.Precision = ""
	w.To, err = p.time(s[1])
	return w, err
}

// area reads what a line is over, and what it takes out.
func (p *scenario) area(l *line) (truce.Area, error) {
	var a truce.Area
	names := l.clauses["over"]
	if l.verb == "covers" && len(names) == 0 {
		names = l.words[1:]
	}
	for _, n := range names {
		if s, ok := p.shapes[n]; ok {
			a.Polygons, a.Line, a.Metres = append(a.Polygons, s.Polygons...), s.Line, s.Metres
			continue
		}
		w, ok := p.places[n]
		if !ok {
			return a, fmt.Errorf("no place or shape is called %q", n)
		}
		a.Places = append(a.Places, w)
	}
	for _, n := range l.clauses["except"] {
		w, ok := p.places[n]
		if !ok {
			return a, fmt.Errorf("no place is called %q", n)
		}
		a.Except = append(a.Except, w)
	}
	return a, nil
}

func (p *scenario) place(l *line) error {
	w, err := l.need(1, "an id")
	if err != nil {
		return err
	}
	at := truce.Where{Place: truce.PlaceID(w[0])}
	for _, in := range l.clauses["in"] {
		at.Within = append(at.Within, truce.PlaceID(in))
	}
	if xy := l.one("point"); xy != "" {
		pt, err := point(xy)
		if err != nil {
			return err
		}
		at.Point = &pt
	}
	if r := l.one("radius"); r != "" {
		n, err := strconv.ParseInt(r, 10, 32)
		if err != nil {
			return fmt.Errorf("%q is no radius in metres", r)
		}
		at.RadiusMetres = int32(n)
	}
	p.places[w[0]] = at
	return nil
}

func (p *scenario) shape(l *line) error {
	w, err := l.need(1, "a name")
	if err != nil {
		return err
	}
	var a truce.Area
	points := func(list []string) ([]truce.Point, error) {
		var all []truce.Point
		for _, s := range list {
			pt, err := point(s)
			if err != nil {
				return nil, err
			}
			all = append(all, pt)
		}
		return all, nil
	}
	if l.has("ring") {
		ring, err := points(l.clauses["ring"])
		if err != nil {
			return err
		}
		a.Polygons = [][]truce.Point{ring}
	}
	if a.Line, err = points(l.clauses["line"]); err != nil {
		return err
	}
	if m := l.one("metres"); m != "" {
		n, err := strconv.ParseInt(m, 10, 32)
		if err != nil {
			return err
		}
		a.Metres = int32(n)
	}
	p.shapes[w[0]] = a
	return nil
}

// point reads 37.15,36.23: longitude first, in degrees.
func point(s string) (truce.Point, error) {
	lon, lat, ok := strings.Cut(s, ",")
	x, err1 := strconv.ParseFloat(lon, 64)
	y, err2 := strconv.ParseFloat(lat, 64)
	pt := truce.Point{Lon: int32(x * 1e7), Lat: int32(y * 1e7)}
	if !ok || err1 != nil || err2 != nil || !pt.Valid() {
		return pt, fmt.Errorf("%q is no point: write longitude,latitude in degrees", s)
	}
	return pt, nil
}
