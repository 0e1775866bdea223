-- a line; with 'quotes'
SELECT /* a
 * block */ a -- tail
	FROM t /**/ ;;;
