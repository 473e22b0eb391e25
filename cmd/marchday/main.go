// Command marchday runs a joint ceasefire-monitoring centre: it serves the
// pages, takes statements in, keeps the record and proves it. It is the roof
// of the house: flags, keys, the clock and signals live here and nowhere else.
package main

func main() {}
