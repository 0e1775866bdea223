// The language. Every decision is made by the next token wherever that is possible: it is fast, and errors can say what
// was expected at the very token that is wrong. What one token cannot tell apart is told apart when the tree is built.
//
// Operators are parsed as flat lists and ordered by precedence when the tree is built, so a long chain is no deep tree.
// The parser recurses only through ( [ < and CASE, whose nesting is counted before it runs.
//
// The lexer sees letters upper-cased; token texts keep the case.
grammar Sql;

// A `<` right after ARRAY, MAP or STRUCT: the token scan tells it from the comparison.
tokens { TYPE_OPEN }

statements : (all+=statement)? (';' (all+=statement)?)* EOF ;

onlyExpression : expression EOF ;

statement
  : query
  | create
  | insert
  | drop
  | alter
  | control
  | show
  | describe
  | explain
  | setProperty
  | unsetProperty
  | define
  | undefine
  | printTopic
  | runScript
  | assertion
  ;

// ---- queries

query
  : SELECT items+=selectItem (',' items+=selectItem)*
    FROM source=relation joins+=join*
    window?
    (WHERE where=expression)?
    (GROUP BY groupBy=grouping)?
    (PARTITION BY partitionBy=grouping)?
    (HAVING having=expression)?
    (emitToken=EMIT emit=(CHANGES | FINAL))?
    (LIMIT limit=INTEGER)?
  ;

// `t.*` and `s->*` are expressions here, and refused wherever they are not a whole item.
selectItem : expression (AS? alias=identifier)? | star='*' ;

relation : name=identifier (AS alias=identifier | bare=bareAlias)? ;

join
  : (INNER | side=(LEFT | RIGHT | FULL) OUTER?)? JOIN right=relation within? ON on=expression
  ;

within
  : WITHIN (before=interval | '(' before=interval ',' after=interval ')') (GRACE PERIOD grace=interval)?
  ;

// The name of a window says nothing.
window
  : WINDOW label=identifier? kind=(TUMBLING | HOPPING | SESSION) '(' options+=windowOption (',' options+=windowOption)* ')'
  ;

windowOption : (what=SIZE | what=ADVANCE BY | what=RETENTION | what=GRACE PERIOD)? interval ;

interval : count=INTEGER unit=identifier ;

// GROUP BY (a, b) and GROUP BY () are parenthesised lists of expressions, which are atoms, refused elsewhere.
grouping : items+=expression (',' items+=expression)* ;

// ---- what is made, changed and dropped

create : CREATE (createType | createSource) ;

createType : TYPE (IF condition=NOT EXISTS)? name=identifier AS type ;

createSource
  : (replace=OR REPLACE)? readOnly=SOURCE? kind=(STREAM | TABLE) (IF condition=NOT EXISTS)? name=identifier
    columnDefinitions? (WITH properties)? (AS query)?
  ;

columnDefinitions : '(' columns+=columnDefinition (',' columns+=columnDefinition)* ')' ;

columnDefinition
  : name=identifier type (primary=PRIMARY? key=KEY | headers=HEADERS | HEADER '(' header=STRING ')')?
  ;

properties : '(' (all+=property (',' all+=property)*)? ')' ;

property : (name=identifier | quoted=STRING) '=' literal ;

insert : INSERT INTO target=identifier ((WITH properties)? query | columnNames? VALUES valueList) ;

columnNames : '(' names+=identifier (',' names+=identifier)* ')' ;

valueList : '(' (values+=expression (',' values+=expression)*)? ')' ;

drop
  : DROP (TYPE (IF condition=EXISTS)? name=identifier
         | kind=(STREAM | TABLE) (IF condition=EXISTS)? name=identifier
           ((deleteTopic=DELETE TOPIC)? cascade=CASCADE? | cascade=CASCADE deleteTopic=DELETE TOPIC))
  ;

alter
  : ALTER (SYSTEM property | kind=(STREAM | TABLE) name=identifier columns+=addedColumn (',' columns+=addedColumn)*)
  ;

addedColumn : ADD COLUMN? name=identifier type ;

// ---- what is asked and said

control : action=(TERMINATE | PAUSE | RESUME) (all=ALL | QUERY? id=identifier) ;

show
  : (SHOW | LIST) ( all=ALL? what=(STREAMS | TABLES | TOPICS) extended=EXTENDED?
                  | what=QUERIES extended=EXTENDED?
                  | what=(TYPES | FUNCTIONS | PROPERTIES | VARIABLES))
  ;

describe
  : DESCRIBE (FUNCTION function=identifier | sources=(STREAMS | TABLES) extended=EXTENDED? | name=identifier extended=EXTENDED?)
  ;

explain : EXPLAIN analyze=ANALYZE? (query | create | insert | id=identifier) ;

setProperty : SET property ;

unsetProperty : UNSET (name=identifier | quoted=STRING) ;

define : DEFINE name=identifier '=' to=STRING ;

undefine : UNDEFINE name=identifier ;

printTopic
  : PRINT topicName (fromBeginning=FROM BEGINNING)? ((INTERVAL | SAMPLE) every=INTEGER)? (LIMIT limit=INTEGER)?
  ;

runScript : RUN SCRIPT path=STRING ;

assertion
  : ASSERT ( (absent=NOT EXISTS)? (assertTopic | assertSchema)
           | tombstone=NULL_? VALUES source=identifier columnNames? (VALUES | KEY) valueList
           | kind=(STREAM | TABLE) source=identifier columnDefinitions? (WITH properties)?)
  ;

assertTopic : TOPIC topicName (WITH properties)? (TIMEOUT timeout=interval)? ;

assertSchema : SCHEMA (SUBJECT subject=topicName)? (ID id=INTEGER)? (TIMEOUT timeout=interval)? ;

topicName : identifier | STRING ;

// ---- types: a field of a STRUCT is a name and a type, which look like two types

type : name=identifier (TYPE_OPEN arguments+=typeArgument (',' arguments+=typeArgument)* '>'
                       | empty=NOT_EQUAL
                       | '(' parameters+=INTEGER (',' parameters+=INTEGER)* ')')? ;

typeArgument : first=type second=type? ;

// ---- expressions

expression : operands+=predicate (operators+=(AND | OR) operands+=predicate)* ;

predicate : nots+=NOT* left=sum predicateTail? ;

predicateTail
  : op=('=' | NOT_EQUAL | '<' | TYPE_OPEN | '<=' | '>' | '>=') right=sum
  | op=IS negated=NOT? (NULL_ | DISTINCT FROM right=sum)
  | negated=NOT? ( op=BETWEEN low=sum AND high=sum
                 | op=IN '(' list+=expression (',' list+=expression)* ')'
                 | op=LIKE pattern=sum (ESCAPE escape=STRING)?)
  ;

sum : operands+=operand (operators+=('+' | '-' | '*' | '/' | '%' | '||') operands+=operand)* ;

operand : signs+=('-' | '+')* atom suffixes+=suffix* ;

suffix : '[' (index+=expression (',' index+=expression)*)? ']' | '->' (field=identifier | star='*') ;

// ARRAY[…] is a name with a suffix; MAP(…) and STRUCT(…) are calls; DATE '…' is a name and a string.
atom
  : literalToken=(NULL_ | TRUE_ | FALSE_ | INTEGER | DECIMAL | DOUBLE | STRING)
  | name=identifier ( '.' (column=identifier | star='*')
                    | call='(' (star='*' | arguments+=argument (',' arguments+=argument)*)? ')'
                    | text=STRING)?
  | caseToken=CASE subject=expression? whens+=when+ (ELSE otherwise=expression)? END
  | castToken=CAST '(' inner=expression AS type ')'
  | open='(' (items+=expression (',' items+=expression)*)? ')'
  ;

when : WHEN condition=expression THEN result=expression ;

// The left side of => is a name or a parenthesised list of names.
argument : left=expression (op=(':=' | '=>') right=expression)? ;

literal : sign=('-' | '+')? literalToken=(INTEGER | DECIMAL | DOUBLE) | literalToken=(NULL_ | TRUE_ | FALSE_ | STRING) ;

// ---- names

identifier : token=( IDENTIFIER | DIGIT_IDENTIFIER | BACKQUOTED_IDENTIFIER | QUOTED_IDENTIFIER
  | ADD | ADVANCE | ALTER | ANALYZE | ARRAY | ASSERT | BEGINNING | CASCADE | CHANGES | COLUMN | DEFINE | DELETE | DESCRIBE
  | EMIT | ESCAPE | EXPLAIN | EXTENDED | FINAL | FUNCTION | FUNCTIONS | GRACE | HEADER | HEADERS | HOPPING | ID | IF
  | INTERVAL | KEY | LIST | MAP | PARTITION | PAUSE | PERIOD | PRIMARY | PRINT | PROPERTIES | QUERIES | QUERY | REPLACE
  | RESUME | RETENTION | RUN | SAMPLE | SCHEMA | SCRIPT | SESSION | SET | SHOW | SIZE | SOURCE | STREAM | STREAMS | STRUCT
  | SUBJECT | SYSTEM | TABLE | TABLES | TERMINATE | TIMEOUT | TOPIC | TOPICS | TUMBLING | TYPE | TYPES | UNDEFINE | UNSET
  | VARIABLES ) ;

// An alias of a source without AS: no word that may follow it, or begin a statement whose semicolon was forgotten.
bareAlias : token=( IDENTIFIER | DIGIT_IDENTIFIER | BACKQUOTED_IDENTIFIER | QUOTED_IDENTIFIER
  | ADD | ADVANCE | ANALYZE | ARRAY | BEGINNING | CASCADE | CHANGES | COLUMN | DELETE
  | ESCAPE | EXTENDED | FINAL | FUNCTION | FUNCTIONS | GRACE | HEADER | HEADERS | HOPPING | ID | IF
  | INTERVAL | KEY | MAP | PERIOD | PRIMARY | PROPERTIES | QUERIES | QUERY | REPLACE
  | RETENTION | SAMPLE | SCHEMA | SCRIPT | SESSION | SIZE | SOURCE | STREAM | STREAMS | STRUCT
  | SUBJECT | SYSTEM | TABLE | TABLES | TIMEOUT | TOPIC | TOPICS | TUMBLING | TYPE | TYPES | VARIABLES ) ;

// ---- words that cannot be a name without quotes

ALL : 'ALL' ;
AND : 'AND' ;
AS : 'AS' ;
BETWEEN : 'BETWEEN' ;
BY : 'BY' ;
CASE : 'CASE' ;
CAST : 'CAST' ;
CREATE : 'CREATE' ;
DISTINCT : 'DISTINCT' ;
DROP : 'DROP' ;
ELSE : 'ELSE' ;
END : 'END' ;
EXISTS : 'EXISTS' ;
FALSE_ : 'FALSE' ;
FROM : 'FROM' ;
FULL : 'FULL' ;
GROUP : 'GROUP' ;
HAVING : 'HAVING' ;
IN : 'IN' ;
INNER : 'INNER' ;
INSERT : 'INSERT' ;
INTO : 'INTO' ;
IS : 'IS' ;
JOIN : 'JOIN' ;
LEFT : 'LEFT' ;
LIKE : 'LIKE' ;
LIMIT : 'LIMIT' ;
NOT : 'NOT' ;
NULL_ : 'NULL' ;
ON : 'ON' ;
OR : 'OR' ;
OUTER : 'OUTER' ;
RIGHT : 'RIGHT' ;
SELECT : 'SELECT' ;
THEN : 'THEN' ;
TRUE_ : 'TRUE' ;
VALUES : 'VALUES' ;
WHEN : 'WHEN' ;
WHERE : 'WHERE' ;
WINDOW : 'WINDOW' ;
WITH : 'WITH' ;
WITHIN : 'WITHIN' ;

// ---- words that can, all of them listed in `identifier`

ADD : 'ADD' ;
ADVANCE : 'ADVANCE' ;
ALTER : 'ALTER' ;
ANALYZE : 'ANALYZE' ;
ARRAY : 'ARRAY' ;
ASSERT : 'ASSERT' ;
BEGINNING : 'BEGINNING' ;
CASCADE : 'CASCADE' ;
CHANGES : 'CHANGES' ;
COLUMN : 'COLUMN' ;
DEFINE : 'DEFINE' ;
DELETE : 'DELETE' ;
DESCRIBE : 'DESCRIBE' ;
EMIT : 'EMIT' ;
ESCAPE : 'ESCAPE' ;
EXPLAIN : 'EXPLAIN' ;
EXTENDED : 'EXTENDED' ;
FINAL : 'FINAL' ;
FUNCTION : 'FUNCTION' ;
FUNCTIONS : 'FUNCTIONS' ;
GRACE : 'GRACE' ;
HEADER : 'HEADER' ;
HEADERS : 'HEADERS' ;
HOPPING : 'HOPPING' ;
ID : 'ID' ;
IF : 'IF' ;
INTERVAL : 'INTERVAL' ;
KEY : 'KEY' ;
LIST : 'LIST' ;
MAP : 'MAP' ;
PARTITION : 'PARTITION' ;
PAUSE : 'PAUSE' ;
PERIOD : 'PERIOD' ;
PRIMARY : 'PRIMARY' ;
PRINT : 'PRINT' ;
PROPERTIES : 'PROPERTIES' ;
QUERIES : 'QUERIES' ;
QUERY : 'QUERY' ;
REPLACE : 'REPLACE' ;
RESUME : 'RESUME' ;
RETENTION : 'RETENTION' ;
RUN : 'RUN' ;
SAMPLE : 'SAMPLE' ;
SCHEMA : 'SCHEMA' ;
SCRIPT : 'SCRIPT' ;
SESSION : 'SESSION' ;
SET : 'SET' ;
SHOW : 'SHOW' ;
SIZE : 'SIZE' ;
SOURCE : 'SOURCE' ;
STREAM : 'STREAM' ;
STREAMS : 'STREAMS' ;
STRUCT : 'STRUCT' ;
SUBJECT : 'SUBJECT' ;
SYSTEM : 'SYSTEM' ;
TABLE : 'TABLE' ;
TABLES : 'TABLES' ;
TERMINATE : 'TERMINATE' ;
TIMEOUT : 'TIMEOUT' ;
TOPIC : 'TOPIC' ;
TOPICS : 'TOPICS' ;
TUMBLING : 'TUMBLING' ;
TYPE : 'TYPE' ;
TYPES : 'TYPES' ;
UNDEFINE : 'UNDEFINE' ;
UNSET : 'UNSET' ;
VARIABLES : 'VARIABLES' ;

// ---- signs

SEMICOLON : ';' ;
COMMA : ',' ;
DOT : '.' ;
OPEN : '(' ;
CLOSE : ')' ;
OPEN_BRACKET : '[' ;
CLOSE_BRACKET : ']' ;
EQUAL : '=' ;
NOT_EQUAL : '<>' | '!=' ;
LESS : '<' ;
LESS_EQUAL : '<=' ;
GREATER : '>' ;
GREATER_EQUAL : '>=' ;
PLUS : '+' ;
MINUS : '-' ;
STAR : '*' ;
SLASH : '/' ;
PERCENT : '%' ;
CONCAT : '||' ;
ARROW : '->' ;
LAMBDA : '=>' ;
ASSIGN : ':=' ;

// ---- values and names

STRING : '\'' (~'\'' | '\'\'')* '\'' ;
INTEGER : DIGIT+ ;
DECIMAL : DIGIT+ '.' DIGIT* | '.' DIGIT+ ;
DOUBLE : (DIGIT+ ('.' DIGIT*)? | '.' DIGIT+) 'E' [+-]? DIGIT+ ;
IDENTIFIER : (LETTER | '_') (LETTER | DIGIT | '_' | '@')* ;
DIGIT_IDENTIFIER : DIGIT (LETTER | DIGIT | '_' | '@')+ ;  // 1e3 and 12 are numbers, which come first
QUOTED_IDENTIFIER : '"' (~'"' | '""')* '"' ;
BACKQUOTED_IDENTIFIER : '`' (~'`' | '``')* '`' ;

fragment DIGIT : [0-9] ;
fragment LETTER : [A-Z] ;

// ---- what is skipped

LINE_COMMENT : '--' ~[\n]* -> skip ;
BLOCK_COMMENT : '/*' .*? '*/' -> skip ;
SPACE : [ \t\r\n\u000B\u000C\u00A0\u3000\uFEFF]+ -> skip ;

// ---- what is never accepted, and has a token so that the error can say what it is

DOUBLE_EQUAL : '==' ;
UNCLOSED_STRING : '\'' (~'\'' | '\'\'')* ;
UNCLOSED_QUOTE : '"' (~'"' | '""')* ;
UNCLOSED_BACKQUOTE : '`' (~'`' | '``')* ;
UNCLOSED_COMMENT : '/*' (~'*' | '*'+ ~[*/])* '*'* ;
UNKNOWN : . ;
