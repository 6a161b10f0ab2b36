// 一次完整的核查 A whole check: docs/cypher.md, question 31, with every condition of the shipped rulebook.
// 参数 parameters: $subjects, $matter, $department, $day. 由程序生成 made by `python -m tests.cypher_check`.
MATCH (book:Rulebook {in_force: true})
MATCH (office:Department {id: $department, rulebook: book.digest})
WITH book, office, [left(office.region, 2) + '0000', left(office.region, 4) + '00', office.region] AS territories,
    COLLECT { MATCH (office)-[:COUNTERPART_OF*0..]->(above:Department) RETURN above.id } AS offices,
    COLLECT { MATCH (:Matter {id: $matter, rulebook: book.digest})<-[:PARENT_OF*0..]-(up:Matter) RETURN up.id } AS matters
UNWIND $subjects AS asked
MATCH (s:Subject {id: asked})
// 主体以何身份与何认定相连（只一步）: in which role the subject reaches which designation, one hop only
CALL (s) {
    MATCH (d:Designation)-[:DESIGNATES]->(s) WHERE d.subject = s.id
    RETURN d, 'self' AS role, NULL AS tie
    UNION
    MATCH (s)-[tie]->(o:Subject)<-[:DESIGNATES]-(d:Designation)
    WHERE tie.recorded_until IS NULL AND d.subject = o.id
    RETURN d, CASE type(tie) WHEN 'BRANCH_OF' THEN 'branch_of' ELSE toLower(replace(type(tie), '_OF', '')) END AS role, tie
    UNION
    MATCH (s)<-[tie:BRANCH_OF|OPERATOR_OF]-(o:Subject)<-[:DESIGNATES]-(d:Designation)
    WHERE tie.recorded_until IS NULL AND d.subject = o.id
    RETURN d, CASE type(tie) WHEN 'BRANCH_OF' THEN 'head_office' ELSE 'own_business' END AS role, tie
    UNION
    MATCH (s)-[tie:DIRECTLY_RESPONSIBLE_FOR]->(d:Designation)
    WHERE tie.recorded_until IS NULL AND coalesce(tie.responsible, true)
    RETURN d, 'directly_responsible' AS role, tie
}
WITH * WHERE d.retracted IS NULL
MATCH (terms:ListTerms {id: d.list, rulebook: book.digest})
OPTIONAL MATCH (authority:Department {id: d.authority, rulebook: book.digest})
// 起止日 F2: its days, where the document does not state them
WITH *, coalesce(d.effective_from, d.decided_on) AS starts, toString(d['fact_' + terms.term_by]) AS term_fact
WITH *, CASE WHEN terms.term_by IS NULL THEN terms.term_months
    WHEN term_fact IN terms.term_values THEN head([i IN range(0, size(terms.term_values) - 1)
        WHERE terms.term_values[i] = term_fact | toInteger(terms.term_values_months[i])])
    WHEN term_fact IS NOT NULL THEN terms.term_otherwise END AS months
WITH *, CASE WHEN d.until IS NOT NULL THEN d.until
    WHEN months IS NOT NULL THEN toString(date(starts) + duration({months: months})) END AS until
// G1 认定生效 in_effect
WITH * WHERE coalesce(last([move IN d.moves_read WHERE left(move, 10) <= $day | split(move, ' ')[1]]), d.status) = 'in_effect'
    AND none(move IN coalesce(d.moves_read, [])
        WHERE move ENDS WITH ' revoked' OR move ENDS WITH ' corrected' OR move ENDS WITH ' appeal_upheld')
    AND starts <= $day AND coalesce($day < until, true)
// G1, G2 认定是否存疑 doubts about the designation: no end, no notice, an entry the law forbids, no competent authority
WITH *, CASE WHEN authority IS NULL THEN coalesce(d.origin, 'local') WHEN authority.region IS NULL THEN 'national'
    WHEN authority.region ENDS WITH '0000' THEN 'provincial' ELSE 'local' END AS origin
WITH *, d.until IS NULL AND (coalesce(terms.until_required, false) OR (terms.term_by IS NOT NULL AND term_fact IS NULL))
    OR coalesce(terms.notice_required, false) AND origin = 'local'
        AND NOT coalesce(d.notice_served_on <= coalesce(d.decided_on, d.effective_from), false)
    OR d.list = 'djd' AND coalesce(d.fact_subject_is_minor
        OR d.fact_ground = '1' AND (d.fact_secured OR d.fact_property_seized), false)
    OR authority IS NOT NULL
        AND NOT EXISTS { (authority)-[:COUNTERPART_OF*0..]->(:Department {id: terms.authority}) } AS doubted
WITH book, territories, offices, matters, s,
    collect({d: d, role: role, tie: tie, starts: starts, until: until, origin: origin, doubted: doubted}) AS reached
WITH *, [x IN reached WHERE x.role = 'self' AND NOT x.doubted | x.d.list] AS own_lists
UNWIND reached AS x
WITH *, x.d AS d, x.role AS role, x.tie AS tie
// G4 名单 lists; J2 事项 matter; G3 文件与措施有效 in force; G7 部门 department
MATCH (:List {id: d.list})<-[:ATTACHES_TO]-(m:Measure {rulebook: book.digest})<-[:HAS_MEASURE]-(memo:Memorandum)
WHERE (m.any_matter OR EXISTS { (m)-[:CONCERNS]->(c:Matter) WHERE c.id IN matters })
    AND coalesce(memo.from <= $day, true) AND coalesce($day < memo.until, true)
    AND coalesce(m.from <= $day, true) AND coalesce($day < m.until, true)
    AND (m.withdrawn IS NULL OR $day < m.withdrawn_on)
    AND EXISTS { (m)-[:APPLIED_BY]->(a:Department) WHERE a.id IN offices }
    AND (memo.region IS NULL OR memo.region IN territories)
// G6 依据 an article for this very role
MATCH (m)-[cited:RESTS_ON {role: role}]->(b:LegalBasis)
WHERE b.verified AND role IN b.binds AND coalesce(b.from <= $day, true) AND coalesce($day < b.until, true)
    AND (NOT m.effect IN ['bar', 'limit', 'weigh'] OR b.kind IN ['law', 'administrative_regulation',
        'judicial_interpretation', 'party_state_policy', 'local_regulation'])
    AND (b.territory IS NULL OR b.territory IN territories)
WITH DISTINCT territories, matters, s, own_lists, x, d, role, tie, m, cited.held AS held
// G8 条件 conditions: 规则里的原文 the rule's own words, and the same in Cypher
CALL (s, d) {
    OPTIONAL MATCH (s)-[link:DIRECTLY_RESPONSIBLE_FOR]->(d) WHERE link.recorded_until IS NULL
        AND coalesce(link.held_from <= $day, true) AND coalesce($day < link.held_until, true)
    WITH collect(DISTINCT CASE WHEN link IS NOT NULL THEN coalesce(link.responsible, true) END) AS said
    RETURN CASE WHEN size(said) = 1 THEN said[0] END AS responsible
}
WITH *, CASE WHEN coalesce(s.valid_from <= $day, true) THEN s END AS stated
WITH *, CASE CASE m.condition
    WHEN 'fact.ban_until > designation.effective_from'
        THEN d.fact_ban_until > x.starts
    WHEN 'fact.ban_until > designation.effective_from and fact.banned_as == "agency"'
        THEN (d.fact_ban_until > x.starts) AND (d.fact_banned_as = 'agency')
    WHEN 'fact.kind == "revoked"'
        THEN d.fact_kind = 'revoked'
    WHEN 'fact.penalty_kind == "export_licence_refusal" and designation.until > designation.effective_from'
        THEN (d.fact_penalty_kind = 'export_licence_refusal') AND (x.until > x.starts)
    WHEN 'fact.penalty_kind == "export_refund_stop" and designation.until > designation.effective_from'
        THEN (d.fact_penalty_kind = 'export_refund_stop') AND (x.until > x.starts)
    WHEN 'fact.penalty_kind == "fine" and fact.amount >= 2000000'
        THEN (d.fact_penalty_kind = 'fine') AND (d.fact_amount >= 2000000)
    WHEN 'fact.penalty_kind == "fine" and fact.hearing_threshold_met'
        THEN (d.fact_penalty_kind = 'fine') AND (d.fact_hearing_threshold_met)
    WHEN 'fact.penalty_kind == "fund_fraud" and fact.major_loss'
        THEN (d.fact_penalty_kind = 'fund_fraud') AND (d.fact_major_loss)
    WHEN 'fact.penalty_kind == "industry_ban" and fact.industry == "accounting"'
        THEN (d.fact_penalty_kind = 'industry_ban') AND (d.fact_industry = 'accounting')
    WHEN 'fact.penalty_kind == "industry_ban" and fact.industry == "animal_health"'
        THEN (d.fact_penalty_kind = 'industry_ban') AND (d.fact_industry = 'animal_health')
    WHEN 'fact.penalty_kind == "industry_ban" and fact.industry == "cosmetics" and (fact.ban == "life" or designation.until > designation.effective_from)'
        THEN (d.fact_penalty_kind = 'industry_ban') AND (d.fact_industry = 'cosmetics') AND ((d.fact_ban = 'life') OR (x.until > x.starts))
    WHEN 'fact.penalty_kind == "industry_ban" and fact.industry == "device" and (fact.ban == "life" or designation.until > designation.effective_from)'
        THEN (d.fact_penalty_kind = 'industry_ban') AND (d.fact_industry = 'device') AND ((d.fact_ban = 'life') OR (x.until > x.starts))
    WHEN 'fact.penalty_kind == "industry_ban" and fact.industry == "drug" and fact.ban != "life" and designation.until > designation.effective_from'
        THEN (d.fact_penalty_kind = 'industry_ban') AND (d.fact_industry = 'drug') AND (d.fact_ban <> 'life') AND (x.until > x.starts)
    WHEN 'fact.penalty_kind == "industry_ban" and fact.industry == "drug" and fact.ban == "life"'
        THEN (d.fact_penalty_kind = 'industry_ban') AND (d.fact_industry = 'drug') AND (d.fact_ban = 'life')
    WHEN 'fact.penalty_kind == "industry_ban" and fact.industry == "eia" and designation.until > designation.effective_from'
        THEN (d.fact_penalty_kind = 'industry_ban') AND (d.fact_industry = 'eia') AND (x.until > x.starts)
    WHEN 'fact.penalty_kind == "industry_ban" and fact.industry == "food" and fact.ban == "life"'
        THEN (d.fact_penalty_kind = 'industry_ban') AND (d.fact_industry = 'food') AND (d.fact_ban = 'life')
    WHEN 'fact.penalty_kind == "industry_ban" and fact.industry == "futures" and (fact.ban == "life" or designation.until > designation.effective_from)'
        THEN (d.fact_penalty_kind = 'industry_ban') AND (d.fact_industry = 'futures') AND ((d.fact_ban = 'life') OR (x.until > x.starts))
    WHEN 'fact.penalty_kind == "industry_ban" and fact.industry == "road_transport" and designation.decided_on >= d"2023-07-20"'
        THEN (d.fact_penalty_kind = 'industry_ban') AND (d.fact_industry = 'road_transport') AND (d.decided_on >= '2023-07-20')
    WHEN 'fact.penalty_kind == "industry_ban" and fact.industry == "securities" and (fact.ban == "life" or designation.until > designation.effective_from)'
        THEN (d.fact_penalty_kind = 'industry_ban') AND (d.fact_industry = 'securities') AND ((d.fact_ban = 'life') OR (x.until > x.starts))
    WHEN 'fact.penalty_kind == "industry_ban" and fact.industry == "tender_expert"'
        THEN (d.fact_penalty_kind = 'industry_ban') AND (d.fact_industry = 'tender_expert')
    WHEN 'fact.penalty_kind == "industry_ban" and fact.industry == "vaccine" and (fact.ban == "life" or designation.until > designation.effective_from)'
        THEN (d.fact_penalty_kind = 'industry_ban') AND (d.fact_industry = 'vaccine') AND ((d.fact_ban = 'life') OR (x.until > x.starts))
    WHEN 'fact.penalty_kind == "licence_refused_false_papers" and fact.permit == "construction"'
        THEN (d.fact_penalty_kind = 'licence_refused_false_papers') AND (d.fact_permit = 'construction')
    WHEN 'fact.penalty_kind == "licence_refused_false_papers" and fact.permit == "cosmetics"'
        THEN (d.fact_penalty_kind = 'licence_refused_false_papers') AND (d.fact_permit = 'cosmetics')
    WHEN 'fact.penalty_kind == "licence_refused_false_papers" and fact.permit == "device"'
        THEN (d.fact_penalty_kind = 'licence_refused_false_papers') AND (d.fact_permit = 'device')
    WHEN 'fact.penalty_kind == "licence_refused_false_papers" and fact.permit == "drug"'
        THEN (d.fact_penalty_kind = 'licence_refused_false_papers') AND (d.fact_permit = 'drug')
    WHEN 'fact.penalty_kind == "licence_refused_false_papers" and fact.permit == "food"'
        THEN (d.fact_penalty_kind = 'licence_refused_false_papers') AND (d.fact_permit = 'food')
    WHEN 'fact.penalty_kind == "licence_refused_false_papers" and fact.permit == "work_safety"'
        THEN (d.fact_penalty_kind = 'licence_refused_false_papers') AND (d.fact_permit = 'work_safety')
    WHEN 'fact.penalty_kind == "licence_withdrawn_fraud" and fact.permit == "construction"'
        THEN (d.fact_penalty_kind = 'licence_withdrawn_fraud') AND (d.fact_permit = 'construction')
    WHEN 'fact.penalty_kind == "licence_withdrawn_fraud" and fact.permit == "cosmetics"'
        THEN (d.fact_penalty_kind = 'licence_withdrawn_fraud') AND (d.fact_permit = 'cosmetics')
    WHEN 'fact.penalty_kind == "licence_withdrawn_fraud" and fact.permit == "device"'
        THEN (d.fact_penalty_kind = 'licence_withdrawn_fraud') AND (d.fact_permit = 'device')
    WHEN 'fact.penalty_kind == "licence_withdrawn_fraud" and fact.permit == "drug"'
        THEN (d.fact_penalty_kind = 'licence_withdrawn_fraud') AND (d.fact_permit = 'drug')
    WHEN 'fact.penalty_kind == "licence_withdrawn_fraud" and fact.permit == "food"'
        THEN (d.fact_penalty_kind = 'licence_withdrawn_fraud') AND (d.fact_permit = 'food')
    WHEN 'fact.penalty_kind == "licence_withdrawn_fraud" and fact.permit == "work_safety"'
        THEN (d.fact_penalty_kind = 'licence_withdrawn_fraud') AND (d.fact_permit = 'work_safety')
    WHEN 'fact.penalty_kind == "sham_registration"'
        THEN d.fact_penalty_kind = 'sham_registration'
    WHEN 'fact.penalty_kind in ["criminal", "suspension"]'
        THEN d.fact_penalty_kind IN ['criminal', 'suspension']
    WHEN 'fact.permit == "av"'
        THEN d.fact_permit = 'av'
    WHEN 'fact.permit == "e_auth"'
        THEN d.fact_permit = 'e_auth'
    WHEN 'fact.permit == "entertainment"'
        THEN d.fact_permit = 'entertainment'
    WHEN 'fact.permit == "film"'
        THEN d.fact_permit = 'film'
    WHEN 'fact.permit == "food"'
        THEN d.fact_permit = 'food'
    WHEN 'fact.permit == "internet" and designation.event_on >= d"2024-01-01"'
        THEN (d.fact_permit = 'internet') AND (d.event_on >= '2024-01-01')
    WHEN 'fact.permit == "performance"'
        THEN d.fact_permit = 'performance'
    WHEN 'fact.permit == "pesticide"'
        THEN d.fact_permit = 'pesticide'
    WHEN 'fact.permit == "pig_slaughter"'
        THEN d.fact_permit = 'pig_slaughter'
    WHEN 'fact.permit == "printing"'
        THEN d.fact_permit = 'printing'
    WHEN 'fact.permit == "publishing"'
        THEN d.fact_permit = 'publishing'
    WHEN 'fact.permit == "salt"'
        THEN d.fact_permit = 'salt'
    WHEN 'fact.permit == "seed"'
        THEN d.fact_permit = 'seed'
    WHEN 'fact.permit == "travel_agency"'
        THEN d.fact_permit = 'travel_agency'
    WHEN 'fact.sanction == "bankruptcy_responsibility"'
        THEN d.fact_sanction = 'bankruptcy_responsibility'
    WHEN 'fact.sanction == "removal" and fact.accident_grade in ["general", "major", "serious", "extraordinary"]'
        THEN (d.fact_sanction = 'removal') AND (d.fact_accident_grade IN ['general', 'major', 'serious', 'extraordinary'])
    WHEN 'fact.sanction == "sentence"'
        THEN d.fact_sanction = 'sentence'
    WHEN 'fact.sanction == "sentence" and fact.accident_grade in ["general", "major", "serious", "extraordinary"]'
        THEN (d.fact_sanction = 'sentence') AND (d.fact_accident_grade IN ['general', 'major', 'serious', 'extraordinary'])
    WHEN 'fact.sanction == "sentence" and fact.crime in ["economic", "political_rights"]'
        THEN (d.fact_sanction = 'sentence') AND (d.fact_crime IN ['economic', 'political_rights'])
    WHEN 'fact.sanction == "sentence" and fact.crime in ["economic", "political_rights"] and fact.probation'
        THEN (d.fact_sanction = 'sentence') AND (d.fact_crime IN ['economic', 'political_rights']) AND (d.fact_probation)
    WHEN 'fact.sanction == "sentence" and fact.crime in ["economic", "political_rights"] and not fact.probation'
        THEN (d.fact_sanction = 'sentence') AND (d.fact_crime IN ['economic', 'political_rights']) AND (NOT (d.fact_probation))
    WHEN 'fact.sanction == "soe_dismissal"'
        THEN d.fact_sanction = 'soe_dismissal'
    WHEN 'fact.sanction == "soe_dismissal_extraordinary"'
        THEN d.fact_sanction = 'soe_dismissal_extraordinary'
    WHEN 'fact.sanction == "unit_closed"'
        THEN d.fact_sanction = 'unit_closed'
    WHEN 'fact.sanction in ["removal", "sentence"] and fact.accident_grade in ["serious", "extraordinary"]'
        THEN (d.fact_sanction IN ['removal', 'sentence']) AND (d.fact_accident_grade IN ['serious', 'extraordinary'])
    WHEN 'fact.unpaid_tax > 0 and not fact.secured'
        THEN (d.fact_unpaid_tax > 0) AND (NOT (d.fact_secured))
    WHEN 'role.responsible'
        THEN responsible
    WHEN 'role.responsible and fact.kind == "revoked"'
        THEN (responsible) AND (d.fact_kind = 'revoked')
    WHEN 'subject.kind == "enterprise"'
        THEN stated.kind = 'enterprise'
    WHEN 'subject.kind == "person"'
        THEN stated.kind = 'person'
    WHEN 'subject.kind == "person" and fact.debt_kind == "money"'
        THEN (stated.kind = 'person') AND (d.fact_debt_kind = 'money')
    WHEN 'subject.kind == "person" and fact.debt_kind == "money" and (fact.ground == "1" or not fact.settled)'
        THEN (stated.kind = 'person') AND (d.fact_debt_kind = 'money') AND ((d.fact_ground = '1') OR (NOT (d.fact_settled)))
    WHEN 'subject.kind in ["enterprise", "individual_business", "farmers_cooperative"]'
        THEN stated.kind IN ['enterprise', 'individual_business', 'farmers_cooperative']
    WHEN 'subject.kind in ["government", "public_institution"]'
        THEN stated.kind IN ['government', 'public_institution']
    END WHEN true THEN 2 WHEN false THEN 0 ELSE CASE WHEN m.condition IS NULL THEN 2 ELSE 1 END END AS condition_true
// G5 身份 role; G9 措施期限 term. 2 是 true, 1 不明 unknown, 0 否 false
WITH *, CASE held WHEN 'at_conduct' THEN d.conduct_on WHEN 'at_event' THEN d.event_on WHEN 'at_decision' THEN d.decided_on
    ELSE $day END AS at,
    CASE WHEN m.term_from = 'effective_from' THEN x.starts ELSE d[replace(m.term_from, 'fact.', 'fact_')] END AS anchor
WITH *, CASE WHEN role = 'self' THEN 2 WHEN at IS NULL THEN 1 WHEN tie.held_until <= at OR at < tie.held_from THEN 0
    WHEN held <> 'now' AND tie.held_from IS NULL THEN 1 ELSE 2 END AS role_reached,
    CASE WHEN m.term_months IS NULL THEN 2 WHEN anchor IS NULL THEN 1
    WHEN anchor <= $day AND date($day) < date(anchor) + duration({months: m.term_months}) THEN 2 ELSE 0 END AS within_term
WITH territories, matters, s, own_lists, d, role, m, x.doubted AS doubted, within_term,
    max(CASE WHEN condition_true < role_reached THEN condition_true ELSE role_reached END) AS path_holds
WHERE within_term > 0 AND path_holds > 0
// G10 豁免 exemptions, in all matters or in this one
    AND NOT EXISTS { MATCH (e:Exemption)-[:EXEMPTS]->(s)
        WHERE e.subject = s.id AND e.retracted IS NULL AND m.effect <> 'favour'
            AND NOT (e.ground = 'commitment_accepted' AND m.effect = 'bar')
            AND coalesce(e.list, d.list) = d.list AND coalesce(e.measure, m.id) = m.id
            AND (e.matter IS NULL OR e.matter IN matters)
            AND coalesce(e.start <= $day, true) AND coalesce($day < e.end, true) }
// R10 激励因失信停止 favours withheld
WITH *, m.effect = 'favour'
    AND EXISTS { MATCH (m)-[:WITHHELD_UNDER]->(b:LegalBasis)
        WHERE b.verified AND 'self' IN b.binds AND coalesce(b.from <= $day, true) AND coalesce($day < b.until, true)
            AND (b.territory IS NULL OR b.territory IN territories) }
    AND EXISTS { MATCH (m)-[:WITHHELD_BY]->(w:List)
        WHERE w.id IN own_lists AND NOT EXISTS { MATCH (e:Exemption)-[:EXEMPTS]->(s)
            WHERE e.subject = s.id AND e.retracted IS NULL AND e.list = w.id AND e.measure IS NULL AND e.matter IS NULL
                AND coalesce(e.start <= $day, true) AND coalesce($day < e.end, true) } } AS withheld
RETURN s.id AS subject, m.id AS measure, m.effect AS effect, d.id AS designation, role,
    CASE WHEN doubted OR path_holds = 1 OR within_term = 1 THEN 'unresolved' WHEN withheld THEN 'withheld' ELSE 'duty' END AS state
ORDER BY subject, measure, designation, role
