package link

// lineage gives a new claim the lineage of what it copies and returns that
// claim, or none.
func (p *Partition) lineage(it *Item, c *packed) int32 {
	for _, name := range it.Cites {
		if y, ok := p.refs.get(name); ok {
			c.lineage = p.claims.at(y).lineage
			return y
		}
	}
	if it.URL == "" {
		return none
	}
	h := hash64(it.URL)
	if first, ok := p.urls[h]; ok {
		c.lineage = p.claims.at(first).lineage
		return first
	}
	p.urls[h] = p.claims.n
	return none
}
